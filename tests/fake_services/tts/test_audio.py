from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill_fakes.tts.audio import FORMATS, speech

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Heard

FRAMES = {"mp3_44100": 1152, "mp3_22050": 576, "mp3_24000": 576}


@pytest.mark.parametrize("seconds", [0.001, 1.5])
@pytest.mark.parametrize("output_format", sorted(FORMATS))
def test_every_format_decodes_to_its_length(
    heard: Callable[[bytes, str], Heard], output_format: str, seconds: float
) -> None:
    """A decoder finds the format's rate and the seconds asked for: to a sample, MP3 to a frame (two at least)."""
    kind, rate = output_format.split("_")[:2]
    found = heard(speech(output_format, seconds).data, output_format)
    samples = round(seconds * int(rate))
    if frame := FRAMES.get(f"{kind}_{rate}"):
        samples = max(2, -(-samples // frame)) * frame
    assert (found.rate, found.samples) == (int(rate), samples)


@pytest.mark.parametrize("output_format", sorted(FORMATS))
def test_it_is_a_quiet_tone_and_opus_is_silent(heard: Callable[[bytes, str], Heard], output_format: str) -> None:
    """The tone has the same level in every format, so that what looks for speech finds some; Opus has none."""
    peak = heard(speech(output_format, 0.5).data, output_format).peak
    assert peak == 0 if output_format.startswith("opus") else peak == pytest.approx(4000, rel=0.1)


@pytest.mark.parametrize("output_format", sorted(name for name in FORMATS if name.startswith(("mp3", "opus"))))
def test_compressed_audio_has_the_bit_rate_that_its_format_names(output_format: str) -> None:
    """Ten seconds have as many bytes as the bit rate says, to three in a hundred for headers and whole frames."""
    kbps = int(output_format.split("_")[2])
    assert len(speech(output_format, 10.0).data) == pytest.approx(kbps * 1000 / 8 * 10, rel=0.03)
