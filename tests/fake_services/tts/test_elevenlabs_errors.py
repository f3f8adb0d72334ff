from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from elevenlabs.core.api_error import ApiError
from elevenlabs.errors import UnprocessableEntityError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Fakes
    from elevenlabs import ElevenLabs

    Sdk = Callable[..., Any]

VOICE = "21m00Tcm4TlvDq8ikWAM"
SPEECH = [
    "text_to_speech.convert",
    "text_to_speech.stream",
    "text_to_speech.convert_with_timestamps",
    "text_to_speech.stream_with_timestamps",
]
LONG = "x" * 10_001


@pytest.mark.parametrize("method", SPEECH)
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"voice_id": "nobody", "text": "x"}, (404, "not_found", "voice_not_found", "voice_id")),
        ({"model_id": "none", "text": "x"}, (404, "not_found", "model_not_found", "model_id")),
        ({"text": " \n"}, (400, "validation_error", "invalid_text", "text")),
        ({"text": LONG}, (400, "validation_error", "text_too_long", "text")),
        (
            {"text": "x", "output_format": "mp3_1_1"},
            (400, "validation_error", "invalid_output_format", "output_format"),
        ),
        (
            {"text": "x", "voice_settings": {"speed": 1.3}},
            (400, "validation_error", "invalid_voice_settings", "voice_settings.speed"),
        ),
    ],
    ids=lambda value: value[2] if isinstance(value, tuple) else "",
)
def test_a_bad_request_has_the_envelope(
    sdk: Sdk, fakes: Fakes, method: str, options: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    """Status, type, code and parameter stand where the SDK looks for them, and no audio moves."""
    with pytest.raises(ApiError) as caught:
        sdk(method, options.get("voice_id", VOICE), **{key: options[key] for key in options if key != "voice_id"})
    detail = caught.value.body["detail"]
    assert (caught.value.status_code, detail["type"], detail["code"], detail["param"]) == expected
    assert list(detail) == ["type", "code", "message", "status", "request_id", "param"]
    ((operation, *told),) = fakes.told("operation", "status", "error", "outcome", "audio_bytes")
    assert told == [expected[0], expected[2], "error", 0]
    assert operation == detail["request_id"] == caught.value.headers["request-id"]


def test_a_stream_has_no_wav(sdk: Sdk) -> None:
    """Its header tells a length that a stream does not know, so ElevenLabs does not offer it."""
    with pytest.raises(ApiError) as caught:
        sdk("text_to_speech.stream", VOICE, text="x", output_format="wav_44100")
    assert caught.value.body["detail"]["code"] == "invalid_output_format"


@pytest.mark.parametrize(
    ("method", "options", "problems"),
    [
        ("text_to_speech.convert", {"text": "x", "seed": -1}, [(["body", "seed"], "greater_than_equal")]),
        (
            "text_to_speech.stream",
            {"text": 3, "previous_request_ids": ["a", "b", "c", "d"]},
            [(["body", "text"], "string_type"), (["body", "previous_request_ids"], "too_long")],
        ),
        (
            "text_to_speech.convert_with_timestamps",
            {"text": "x", "optimize_streaming_latency": 5},
            [(["query", "optimize_streaming_latency"], "less_than_equal")],
        ),
        ("voices.search", {"page_size": 101}, [(["query", "page_size"], "less_than_equal")]),
        ("voices.search", {"next_page_token": "9" * 5000}, [(["query", "next_page_token"], "string_pattern_mismatch")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_form_that_is_wrong_is_422_with_a_list(
    sdk: Sdk, fakes: Fakes, method: str, options: dict[str, Any], problems: list[tuple[list[str], str]]
) -> None:
    """All that is wrong is told, as FastAPI does, and becomes the SDK's own error."""
    with pytest.raises(UnprocessableEntityError) as caught:
        sdk(method, *([VOICE] if method.startswith("text") else []), **options)
    assert [(found["loc"], found["type"]) for found in caught.value.body["detail"]] == problems
    assert fakes.told("status", "error") == [(422, problems[0][1])]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", {"loc": ["body", "text"], "msg": "Field required", "type": "missing"}),
        (b"{", {"loc": ["body"], "msg": "JSON decode error", "type": "json_invalid"}),
    ],
)
def test_a_body_that_is_none_is_422(fakes: Fakes, body: bytes, problem: dict[str, Any]) -> None:
    """What the SDK would not send is told in the same way."""
    url = f"{fakes.urls['elevenlabs']}/v1/text-to-speech/{VOICE}"
    answer = httpx.post(url, content=body, headers={"xi-api-key": "a key"})
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})


def test_a_key_is_wanted_and_must_be_good(fakes: Fakes) -> None:
    """No key or a wrong one is 401 on every route; a good one is served."""
    fakes.configure(tts={"api_keys": ["good"]})
    url = fakes.urls["elevenlabs"]
    for path in ("/v1/voices", "/v2/voices", f"/v1/voices/{VOICE}", "/v1/models", "/v1/user", "/v1/user/subscription"):
        answers = [httpx.get(url + path, headers=headers) for headers in ({}, {"xi-api-key": "x"})]
        assert [(answer.status_code, answer.json()["detail"]["code"]) for answer in answers] == [
            (401, "missing_api_key"),
            (401, "invalid_api_key"),
        ]
        assert httpx.get(url + path, headers={"xi-api-key": "good"}).status_code == 200


def test_the_sdk_tells_of_a_wrong_key(sdk: Sdk, fakes: Fakes) -> None:
    """The SDK raises with 401 for speech and for the rest."""
    fakes.configure(tts={"api_keys": ["good"]})
    for method, arguments in (("text_to_speech.convert", {"voice_id": VOICE, "text": "x"}), ("models.list", {})):
        with pytest.raises(ApiError) as caught:
            sdk(method, **arguments)
        assert (caught.value.status_code, caught.value.body["detail"]["type"]) == (401, "authentication_error")


def test_what_is_not_there_is_404(speech: ElevenLabs, fakes: Fakes) -> None:
    """A voice that is not there has the envelope, a path that is not there FastAPI's own words."""
    with pytest.raises(ApiError) as caught:
        speech.voices.get("nobody")
    assert (caught.value.status_code, caught.value.body["detail"]["code"]) == (404, "voice_not_found")
    with pytest.raises(ApiError) as caught:
        speech.voices.settings.get_default()
    assert (caught.value.status_code, caught.value.body) == (404, {"detail": "Not Found"})
    assert fakes.told("route", "error") == [("voice", "voice_not_found"), ("unknown", "not_found")]


def test_a_quota_that_is_used_up_is_402(sdk: Sdk, fakes: Fakes) -> None:
    """Use counts against the limit; what goes beyond it is refused and not charged; reset gives it back."""
    fakes.configure(tts={"character_limit": 40})
    list(sdk("text_to_speech.convert", VOICE, text="x" * 30))
    with pytest.raises(ApiError) as caught:
        sdk("text_to_speech.convert", VOICE, text="x" * 11)
    assert (caught.value.status_code, caught.value.body["detail"]["code"]) == (402, "insufficient_credits")
    list(sdk("text_to_speech.stream", VOICE, text="x" * 10))
    assert sdk("user.subscription.get").character_count == 40
    fakes.control.post("/reset")
    assert sdk("user.get").subscription.character_count == 0
