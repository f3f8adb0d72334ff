from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Fakes, Heard

TEXT = "Thirty characters are 2 secs.."
DEFAULT, GERMAN = "en_US-lessac-medium", "de_DE-thorsten-medium"


def synthesize(fakes: Fakes, path: str = "/synthesize", **body: object) -> httpx.Response:
    """Ask as Piper's documentation does."""
    return httpx.post(fakes.urls["piper"] + path, json=body)


@pytest.mark.parametrize("path", ["/", "/synthesize"])
def test_both_generations_give_wav_of_the_predicted_length(
    fakes: Fakes, heard: Callable[..., Heard], path: str
) -> None:
    """The documented call, in its old and its new place, gives 16-bit PCM; length_scale stretches it."""
    answer = synthesize(fakes, path, text=f" {TEXT} ", length_scale=2)
    assert heard(answer.content, "wav_22050").samples == 4 * 22050
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert fakes.told("route", "provider", "voice", "characters", "audio_bytes", "audio_seconds") == [
        ("synthesize", "piper", DEFAULT, 30, len(answer.content), 4.0)
    ]


@pytest.mark.parametrize(("path", "other"), [("/", "/synthesize"), ("/synthesize", "/")])
def test_one_generation_alone(fakes: Fakes, path: str, other: str) -> None:
    """A Piper of one generation has no speech where the other has it."""
    fakes.configure(tts={"piper_paths": [path]})
    assert [synthesize(fakes, where, text="x").status_code for where in (path, other)] == [200, 404]
    assert fakes.told("route", "outcome") == [("synthesize", "ok"), ("unknown", "error")]


def test_a_voice_that_is_not_there_is_the_default(fakes: Fakes) -> None:
    """A voice that is there is used, one that is not means the first."""
    for voice in (GERMAN, "xx_XX-nobody-low", 7):
        assert synthesize(fakes, text="x", voice=voice).status_code == 200
    assert fakes.told("voice") == [(GERMAN,), (DEFAULT,), (DEFAULT,)]


@pytest.mark.parametrize(
    ("asked", "speaker"),
    [
        ({}, "anna"),
        ({"speaker": "bert"}, "bert"),
        ({"speaker": "nobody"}, "anna"),
        ({"speaker_id": 1}, "bert"),
        ({"speaker_id": 1, "speaker": "anna"}, "bert"),
        ({"speaker_id": 9}, "anna"),
    ],
)
def test_a_voice_of_several_speakers_has_the_one_asked_for(fakes: Fakes, asked: dict[str, Any], speaker: str) -> None:
    """By name or by number, the number first; of none that there is, the first of them."""
    fakes.configure(tts={"piper_speakers": {DEFAULT: ["anna", "bert"]}})
    synthesize(fakes, text="x", **asked)
    assert fakes.told("speaker") == [(speaker,)]


def test_it_tells_of_its_voices_and_of_what_it_said_last(fakes: Fakes) -> None:
    """/voices and /all-voices have each voice's configuration; /info has the default one and the last synthesis."""
    url = fakes.urls["piper"]
    fakes.configure(tts={"piper_speakers": {DEFAULT: ["anna", "bert"]}})
    assert httpx.get(f"{url}/info").json() == {
        "voice": {"name": DEFAULT, "language": "en", "num_speakers": 2},
        "last": None,
    }
    synthesize(fakes, text="ab")
    last = httpx.get(f"{url}/info").json()["last"]
    assert (last["text"], last["phonemes"]) == ("ab", ["a", "b"])
    assert sum(sound["seconds"] for sound in last["alignments"]) == pytest.approx(2 / 15)
    voices = httpx.get(f"{url}/voices").json()
    assert voices == httpx.get(f"{url}/all-voices").json()
    assert {name: voice["speaker_id_map"] for name, voice in voices.items()} == {
        DEFAULT: {"anna": 0, "bert": 1},
        GERMAN: {},
    }
    assert voices[GERMAN]["language"] == {"code": "de_DE", "family": "de"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"text": ""}',
        b'{"text": " \\n"}',
        b'{"text": 5}',
        b'{"text": "x", "length_scale": "slow"}',
        b'{"text": "x", "length_scale": -1}',
        b'{"text": "x", "noise_scale": null}',
        b'{"text": "x", "noise_w_scale": []}',
        b'{"text": "x", "speaker_id": "anna"}',
    ],
)
def test_what_it_cannot_speak_is_500(fakes: Fakes, body: bytes) -> None:
    """Piper has no other error for bad input, and neither has the fake."""
    answer = httpx.post(f"{fakes.urls['piper']}/synthesize", content=body)
    assert (answer.status_code, "<title>500 Internal Server Error</title>" in answer.text) == (500, True)
    assert fakes.told("status", "outcome", "audio_bytes") == [(500, "error", 0)]


def test_a_path_or_a_method_that_is_not_there_is_flasks_page(fakes: Fakes) -> None:
    """404 and 405 are pages."""
    url = fakes.urls["piper"]
    answers = [httpx.get(f"{url}/nowhere"), httpx.get(f"{url}/synthesize"), httpx.post(f"{url}/info")]
    assert [answer.status_code for answer in answers] == [404, 405, 405]
    assert "<title>405 Method Not Allowed</title>" in answers[1].text


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ({"status": 503, "message": "No more."}, (503, "<p>No more.</p>")),
        ({"status": 500}, (500, "<title>500 Internal Server Error</title>")),
        ({"status": 429}, (429, "<title>429 Too Many Requests</title>")),
    ],
)
def test_an_error_is_a_page(fakes: Fakes, effect: dict[str, Any], expected: tuple[int, str]) -> None:
    """An injected status is a page as Flask writes it, and counts no audio."""
    fakes.fault("tts", effect, match={"provider": "piper"})
    answer = synthesize(fakes, text="x")
    assert (answer.status_code, expected[1] in answer.text) == (expected[0], True)
    assert fakes.told("status", "outcome", "audio_bytes", "fault") == [(expected[0], "error", 0, "fault")]


@pytest.mark.parametrize(
    ("effect", "raised", "status"),
    [
        ({"reset": "before_headers"}, httpx.ReadError, 0),
        ({"reset": 100}, httpx.ReadError, 200),
        ({"truncate": 100}, httpx.RemoteProtocolError, 200),
        ({"malformed_chunk": 100}, httpx.RemoteProtocolError, 200),
    ],
)
def test_a_broken_wire_is_the_clients_error(
    fakes: Fakes, effect: dict[str, Any], raised: type[Exception], status: int
) -> None:
    """An answer that is lost or cut counts no audio."""
    fakes.fault("tts", effect, match={"voice": DEFAULT})
    with pytest.raises(raised):
        synthesize(fakes, text="x")
    assert fakes.told("status", "outcome", "audio_bytes", "fault") == [(status, "error", 0, "fault")]
