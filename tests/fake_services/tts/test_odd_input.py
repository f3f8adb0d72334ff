from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Fakes

WIRE = settings(
    deadline=None,
    max_examples=40,
    derandomize=True,  # so that a run costs and finds the same each time
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
VOICE = "21m00Tcm4TlvDq8ikWAM"
ELEVENLABS = [
    "text",
    "model_id",
    "voice_settings",
    "seed",
    "previous_text",
    "previous_request_ids",
    "pronunciation_dictionary_locators",
    "apply_text_normalization",
]
PIPER = ["text", "voice", "speaker", "speaker_id", "length_scale", "noise_scale", "noise_w_scale"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["\ud800", "off"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["speed", "style", "a"]), inner),
    max_leaves=5,
)
DEEP = b"[" * 100_000
LONG = b'{"text": "x", "seed": 1' + b"0" * 5000 + b"}"


def bodies(fields: list[str]) -> st.SearchStrategy[bytes]:
    """Return bodies that are nearly right, or not at all."""
    return st.binary(max_size=30) | st.dictionaries(st.sampled_from(fields), ANYTHING).map(
        lambda body: json.dumps({"text": "x", **body}).encode()
    )


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Return one client for many requests."""
    with httpx.Client(verify=False, headers={"xi-api-key": "x"}) as client:  # noqa: S501 - gTTS does not verify either
        yield client


@pytest.mark.parametrize("route", ["", "/stream", "/with-timestamps", "/stream/with-timestamps"])
@given(body=bodies(ELEVENLABS))
@example(body=DEEP)
@example(body=LONG)
@WIRE
def test_elevenlabs_answers_whatever_it_is_sent(fakes: Fakes, client: httpx.Client, route: str, body: bytes) -> None:
    """No body gets more than ElevenLabs' own refusals, in their form, and nothing breaks."""
    answer = client.post(f"{fakes.urls['elevenlabs']}/v1/text-to-speech/{VOICE}{route}", content=body)
    assert answer.status_code in (200, 400, 404, 422)
    if answer.status_code == 422:
        assert {tuple(problem) for problem in answer.json()["detail"]} == {("loc", "msg", "type")}
    elif answer.status_code != 200:
        assert answer.json()["detail"]["code"]


@given(
    path=st.sampled_from([f"/v1/text-to-speech/{VOICE}", "/v2/voices", "/v1/voices", "/v1/user"]),
    asked=st.lists(
        st.tuples(
            st.sampled_from(["output_format", "enable_logging", "page_size", "next_page_token", "sort", "voice_ids"]),
            st.sampled_from(["", "mp3_22050_32", "0", "1", "-1", "²", "9" * 5000, "name", "true", "%00"])
            | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        ),
        max_size=4,
    ),
)
@WIRE
def test_elevenlabs_answers_whatever_it_is_asked(
    fakes: Fakes, client: httpx.Client, path: str, asked: list[tuple[str, str]]
) -> None:
    """No query gets more than 400 or 422."""
    method, body = ("POST", {"text": "x"}) if path.startswith("/v1/text") else ("GET", None)
    answer = client.request(method, f"{fakes.urls['elevenlabs']}{path}?{urlencode(asked)}", json=body)
    assert answer.status_code in (200, 400, 422)


@given(body=bodies(PIPER))
@example(body=DEEP)
@WIRE
def test_piper_answers_whatever_it_is_sent(fakes: Fakes, client: httpx.Client, body: bytes) -> None:
    """Speech, or the one error that Piper has."""
    fakes.configure(tts={"piper_speakers": {"en_US-lessac-medium": ["a", "b"]}})
    answer = client.post(f"{fakes.urls['piper']}/synthesize", content=body)
    assert answer.status_code == 200 if answer.content.startswith(b"RIFF") else answer.status_code == 500
    assert {entry["error"] for entry in fakes.journal()} <= {None, "Internal Server Error", "no_text", "length_scale"}


@given(
    body=st.binary(max_size=30)
    | ANYTHING.map(lambda asked: urlencode({"f.req": json.dumps(asked)}).encode())
    | ANYTHING.map(lambda asked: urlencode({"f.req": json.dumps([[["jQ1olc", json.dumps(asked)]]])}).encode())
    | st.lists(ANYTHING, min_size=3, max_size=3).map(
        lambda asked: urlencode({"f.req": json.dumps([[["jQ1olc", json.dumps(asked)]]])}).encode()
    )
)
@example(body=b"f.req=" + DEEP)
@WIRE
def test_gtts_answers_whatever_it_is_sent(fakes: Fakes, client: httpx.Client, body: bytes) -> None:
    """Speech, an answer without any, or 400."""
    answer = client.post(f"{fakes.urls['gtts']}/_/TranslateWebserverUi/data/batchexecute", content=body)
    assert answer.status_code in (200, 400)
    assert "internal_error" not in {entry["error"] for entry in fakes.journal()}
