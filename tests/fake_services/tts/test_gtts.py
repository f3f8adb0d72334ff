from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from gtts import gTTS
from gtts.tts import gTTSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Fakes, Heard

PATH = "/_/TranslateWebserverUi/data/batchexecute"
RATE, FRAME = 24000, 576


def spoken(fakes: Fakes, text: str, **options: Any) -> bytes:  # noqa: ANN401 - whatever gTTS takes
    """Return the audio that gTTS gets, pointed here by its tld."""
    sound = io.BytesIO()
    gTTS(text, tld=f"com@{fakes.urls['gtts'].removeprefix('https://')}", **options).write_to_fp(sound)
    return sound.getvalue()


def test_it_speaks_over_tls(fakes: Fakes, heard: Callable[..., Heard]) -> None:
    """The client gets MP3 of the predicted length: one call for each hundred characters or less, each an operation."""
    audio = spoken(fakes, "This is a sentence of fifty-one characters, I hope. " * 3)
    calls = fakes.journal(route="batchexecute")
    assert [(call["provider"], call["voice"], call["outcome"]) for call in calls] == [("gtts", "en", "ok")] * len(calls)
    assert sum(call["audio_bytes"] for call in calls) == len(audio)
    assert [call["audio_seconds"] for call in calls] == [call["characters"] / 15 for call in calls]
    assert {call["characters"] <= 100 for call in calls} == {True}
    assert heard(audio, "mp3_24000").seconds == pytest.approx(
        sum(call["audio_seconds"] for call in calls), abs=len(calls) * FRAME / RATE
    )
    assert len({call["operation"] for call in calls}) == len(calls) > 1


def test_slow_is_half_as_long_again(fakes: Fakes, heard: Callable[..., Heard]) -> None:
    """`slow` stretches the speech, and language and length are told."""
    audio = spoken(fakes, "x" * 30, lang="de", slow=True)
    assert heard(audio, "mp3_24000").seconds == pytest.approx(3.0, abs=FRAME / RATE)
    assert fakes.told("voice", "characters", "audio_seconds") == [("de", 30, 3.0)]


def test_without_audio_is_a_gtts_error(fakes: Fakes) -> None:
    """A language that there is not gets 200 without audio, as Google does."""
    with pytest.raises(gTTSError, match="No audio stream in response"):
        spoken(fakes, "x", lang="no language", lang_check=False)
    assert fakes.told("status", "outcome", "error") == [(200, "error", "no_audio")]


@pytest.mark.parametrize(
    ("effect", "seen", "status"),
    [
        ({"status": 403}, r"403 \(Forbidden\) from TTS API", 403),
        ({"status": 429}, r"429 \(Too Many Requests\) from TTS API", 429),
        ({"status": 500}, "Upstream API error", 500),
        ({"reset": "before_headers"}, "Failed to connect", 0),
        ({"reset": 40}, "Failed to connect", 200),
        ({"truncate": 40}, "Failed to connect", 200),
        ({"malformed_chunk": 40}, "Failed to connect", 200),
    ],
    ids=str,
)
def test_it_suffers_once(fakes: Fakes, effect: dict[str, Any], seen: str, status: int) -> None:
    """Faults work over TLS and become gTTS's own error, after one attempt."""
    fakes.fault("tts", effect, match={"provider": "gtts"})
    with pytest.raises(gTTSError, match=seen):
        spoken(fakes, "x")
    assert fakes.told("status", "outcome", "audio_bytes", "fault") == [(status, "error", 0, "fault")]


def test_a_hang_lasts_until_it_gives_up(fakes: Fakes) -> None:
    """Its own time-out ends it."""
    fakes.fault("tts", {"hang": True}, match={"provider": "gtts"})
    with pytest.raises(gTTSError, match="Failed to connect"):
        spoken(fakes, "x", timeout=0.8)
    fakes.drained()
    assert fakes.told("status", "error", "fault") == [(0, "client_disconnected", "fault")]


def test_a_later_part_can_fail(fakes: Fakes) -> None:
    """What was sent before it counts."""
    fakes.fault("tts", {"status": 500}, trigger={"every": 2}, match={"route": "batchexecute"})
    with pytest.raises(gTTSError):
        spoken(fakes, "This is a sentence of fifty-one characters, I hope. " * 3)
    assert fakes.told("outcome") == [("ok",), ("error",)]


@pytest.mark.parametrize(("path", "status"), [(PATH, 400), ("/", 404)])
def test_what_is_no_call_for_speech_is_refused(fakes: Fakes, path: str, status: int) -> None:
    """With a page, as Google does."""
    answer = httpx.post(fakes.urls["gtts"] + path, content=b"f.req=[]", verify=False)  # noqa: S501 - gTTS does neither
    assert (answer.status_code, f"<title>Error {status}</title>" in answer.text) == (status, True)
