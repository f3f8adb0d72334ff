from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from elevenlabs.core.api_error import ApiError
from gtts import gTTS
from gtts.tts import gTTSError

from fake_services.tts.audio import FORMATS, silence

if TYPE_CHECKING:
    from conftest import Fakes
    from elevenlabs import ElevenLabs

VOICE = "21m00Tcm4TlvDq8ikWAM"
TEXT = "Thirty characters are 2 secs.."


def mp3_seconds(data: bytes) -> float:
    """Return the length of MPEG layer III audio, going from frame header to frame header."""
    seconds, position = 0.0, 0
    while position < len(data):
        sync, version, coded = data[position], data[position + 1], data[position + 2]
        assert (sync, version | 8) == (0xFF, 0xFB)
        first = version == 0xFB
        rate = ((44100, 48000, 32000) if first else (22050, 24000, 16000))[coded >> 2 & 3]
        kbps = ((0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192) if first else (0, 8, 16, 24, 32, 40, 48, 56, 64))[
            coded >> 4
        ]
        position += (144 if first else 72) * kbps * 1000 // rate
        seconds += (1152 if first else 576) / rate
    assert position == len(data)
    return seconds


def test_convert_gives_mp3_of_the_predicted_length(speech: ElevenLabs, fakes: Fakes) -> None:
    """The default format is MP3; its length follows from the text, to a frame."""
    audio = b"".join(speech.text_to_speech.convert(VOICE, text=TEXT))
    assert mp3_seconds(audio) == pytest.approx(2.0, abs=1152 / 44100)
    assert fakes.told("route", "provider", "voice", "characters", "audio_bytes", "outcome") == [
        ("convert", "elevenlabs", VOICE, 30, len(audio), "ok")
    ]


def test_a_stream_carries_the_same_audio(speech: ElevenLabs, fakes: Fakes) -> None:
    """Streamed audio is that of convert, and the journal tells all of its bytes."""
    whole = b"".join(speech.text_to_speech.convert(VOICE, text=TEXT))
    assert b"".join(speech.text_to_speech.stream(VOICE, text=TEXT)) == whole
    assert fakes.told("audio_bytes", route="stream") == [(len(whole),)]


@pytest.mark.parametrize("output_format", sorted(FORMATS))
def test_every_format_lasts_as_long_as_it_should(output_format: str) -> None:
    """Compressed audio lasts the asked seconds to a frame, uncompressed to a sample."""
    kind, rate, *_ = output_format.split("_")
    data = silence(output_format, 1.5).data
    samples = round(1.5 * int(rate))
    if kind == "mp3":
        assert 1.5 <= mp3_seconds(data) < 1.5 + 1152 / int(rate)
    elif kind == "wav":
        with wave.open(io.BytesIO(data)) as sound:
            assert sound.getparams()[:4] == (1, 2, int(rate), samples)
    else:
        assert len(data) == samples * (2 if kind == "pcm" else 1)


def test_elevenlabs_tells_of_voices_models_and_the_user(speech: ElevenLabs) -> None:
    """Both versions of voices, models, user and subscription parse in the SDK and agree with each other."""
    list(speech.text_to_speech.convert(VOICE, text=TEXT))
    found = speech.voices.search(page_size=2)
    assert ([voice.name for voice in found.voices], found.has_more, found.total_count) == (
        ["Rachel", "George"],
        True,
        3,
    )
    assert [voice.name for voice in speech.voices.search(next_page_token=found.next_page_token).voices] == ["Sarah"]
    assert speech.voices.get_all().voices[0].voice_id == VOICE
    assert speech.voices.get(VOICE).name == "Rachel"
    assert "eleven_multilingual_v2" in [model.model_id for model in speech.models.list()]
    assert speech.user.subscription.get().character_count == speech.user.get().subscription.character_count == 30


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"voice_id": "nobody", "text": "x"}, (404, "voice_not_found")),
        ({"voice_id": VOICE, "text": "x", "model_id": "none"}, (404, "model_not_found")),
        ({"voice_id": VOICE, "text": " "}, (400, "invalid_text")),
        ({"voice_id": VOICE, "text": "x", "output_format": "opus_48000_32"}, (400, "invalid_output_format")),
    ],
)
def test_elevenlabs_refuses_with_its_envelope(
    speech: ElevenLabs, fakes: Fakes, options: dict[str, Any], expected: tuple[int, str]
) -> None:
    """A bad request has status and code where the SDK looks for them, and moves no audio."""
    with pytest.raises(ApiError) as caught:
        list(speech.text_to_speech.convert(**options))
    assert (caught.value.status_code, caught.value.body["detail"]["code"]) == expected
    assert fakes.told("status", "error", "outcome", "audio_bytes") == [(*expected, "error", 0)]


def test_elevenlabs_wants_a_key_and_a_text(fakes: Fakes) -> None:
    """No key or a wrong one is 401; a body without text is 422 with FastAPI's list."""
    fakes.configure(tts={"api_keys": ["good"]})
    url = f"{fakes.urls['elevenlabs']}/v1/text-to-speech/{VOICE}"
    answers = [httpx.post(url, json={"text": "x"}, headers=headers) for headers in ({}, {"xi-api-key": "bad"})]
    assert [(answer.status_code, answer.json()["detail"]["code"]) for answer in answers] == [
        (401, "missing_api_key"),
        (401, "invalid_api_key"),
    ]
    answer = httpx.post(url, json={}, headers={"xi-api-key": "good"})
    assert answer.json() == {"detail": [{"loc": ["body", "text"], "msg": "Field required", "type": "missing"}]}


def test_a_quota_that_is_used_up_is_402(speech: ElevenLabs, fakes: Fakes) -> None:
    """Characters beyond the limit are refused, and reset gives them back."""
    fakes.configure(tts={"character_limit": 40})
    list(speech.text_to_speech.convert(VOICE, text=TEXT))
    with pytest.raises(ApiError) as caught:
        list(speech.text_to_speech.convert(VOICE, text=TEXT))
    assert (caught.value.status_code, caught.value.body["detail"]["code"]) == (402, "insufficient_credits")
    fakes.control.post("/reset")
    assert b"".join(speech.text_to_speech.convert(VOICE, text=TEXT))


@pytest.mark.parametrize("path", ["", "/synthesize"])
def test_piper_gives_wav_of_the_predicted_length(fakes: Fakes, path: str) -> None:
    """The documented call, in its old and its new place, gives 16-bit PCM; length_scale stretches it."""
    answer = httpx.post(fakes.urls["piper"] + path, json={"text": f" {TEXT} ", "length_scale": 2})
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getparams()[:4] == (1, 2, 22050, 4 * 22050)
    assert fakes.told("route", "provider", "voice", "characters", "audio_bytes") == [
        ("synthesize", "piper", "en_US-lessac-medium", 30, len(answer.content))
    ]


def test_piper_falls_back_on_its_default_voice(fakes: Fakes) -> None:
    """A voice that is there is used, one that is not means the default; /voices and /info tell of them."""
    url = fakes.urls["piper"]
    for voice in ("de_DE-thorsten-medium", "xx_XX-nobody-low"):
        httpx.post(f"{url}/synthesize", json={"text": "x", "voice": voice})
    assert fakes.told("voice") == [("de_DE-thorsten-medium",), ("en_US-lessac-medium",)]
    assert list(httpx.get(f"{url}/voices").json()) == ["en_US-lessac-medium", "de_DE-thorsten-medium"]
    assert httpx.get(f"{url}/info").json()["last"]["text"] == "x"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"text": ""}', b'{"text": "x", "length_scale": "slow"}'])
def test_piper_answers_500_to_what_it_cannot_speak(fakes: Fakes, body: bytes) -> None:
    """Piper has no other error for bad input, and neither has the fake."""
    answer = httpx.post(f"{fakes.urls['piper']}/synthesize", content=body)
    assert (answer.status_code, "<title>500 Internal Server Error</title>" in answer.text) == (500, True)


def test_gtts_speaks_over_tls(fakes: Fakes) -> None:
    """gTTS, pointed here by its tld, gets MP3: one call for each hundred characters or less."""
    text = "This is a sentence of fifty-one characters, I hope. " * 3
    sound = io.BytesIO()
    gTTS(text, tld=f"com@{fakes.urls['gtts'].removeprefix('https://')}").write_to_fp(sound)
    calls = fakes.journal(route="batchexecute")
    assert [(call["provider"], call["voice"], call["outcome"]) for call in calls] == [("gtts", "en", "ok")] * len(calls)
    assert sum(call["audio_bytes"] for call in calls) == len(sound.getvalue())
    assert mp3_seconds(sound.getvalue()) == pytest.approx(
        sum(call["characters"] for call in calls) / 15, abs=len(calls) * 576 / 24000
    )
    assert len({call["operation"] for call in calls}) == len(calls) > 1


def test_gtts_without_audio_is_a_gtts_error(fakes: Fakes) -> None:
    """A language that there is not gets 200 without audio, as Google does."""
    speaker = gTTS("x", lang="no language", lang_check=False, tld=f"com@{fakes.urls['gtts'].removeprefix('https://')}")
    with pytest.raises(gTTSError, match="No audio stream in response"):
        speaker.write_to_fp(io.BytesIO())
    assert fakes.told("status", "outcome", "error") == [(200, "error", "no_audio")]
