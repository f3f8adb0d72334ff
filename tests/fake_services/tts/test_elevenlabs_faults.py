from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from elevenlabs import AsyncElevenLabs, ElevenLabs
from elevenlabs.core.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conftest import Fakes

    Sdk = Callable[..., Any]

VOICE = "21m00Tcm4TlvDq8ikWAM"
ONCE = {"max_retries": 0}
BODIES = ["text_to_speech.convert", "text_to_speech.stream", "text_to_speech.stream_with_timestamps"]
RETRIED = ["voices.search", "voices.get_all", "models.list", "user.get", "user.subscription.get"]


@dataclass(frozen=True)
class Case:
    """An effect, and the error that the SDK raises for it: its type, and a pattern of its text if it has one."""

    effect: dict[str, Any]
    raised: type[Exception]
    seen: str | None
    status: int = 0


STATUSES = [
    Case({"status": 400}, ApiError, "validation_error", 400),
    Case({"status": 401}, ApiError, "invalid_api_key", 401),
    Case({"status": 402}, ApiError, "insufficient_credits", 402),
    Case({"status": 403}, ApiError, "forbidden", 403),
    Case({"status": 404, "code": "voice_not_found"}, ApiError, "A voice with this voice_id", 404),
    Case({"status": 422, "message": "no"}, ApiError, "'msg': 'no'", 422),
    Case({"status": 429}, ApiError, "rate_limit_exceeded", 429),
    Case({"status": 429, "code": "concurrent_limit_exceeded"}, ApiError, "Too many concurrent requests", 429),
    Case({"status": 429, "code": "system_busy"}, ApiError, "under heavy load", 429),
    Case({"status": 500}, ApiError, "internal_error", 500),
    Case({"status": 503}, ApiError, "service_unavailable", 503),
]
WIRE = [
    Case({"reset": "before_headers"}, httpx.ReadError, None),
    Case({"reset": 10}, httpx.ReadError, None, 200),
    Case({"malformed_chunk": 10}, httpx.RemoteProtocolError, None, 200),
]


@pytest.mark.parametrize("method", BODIES)
@pytest.mark.parametrize("case", [*STATUSES, *WIRE], ids=lambda case: str(case.effect))
def test_speech_that_is_streamed_suffers_once(sdk: Sdk, fakes: Fakes, method: str, case: Case) -> None:
    """The SDK streams even `convert`, and does not retry: one attempt on the wire, no audio counted."""
    fakes.fault("tts", case.effect, match={"provider": "elevenlabs"})
    with pytest.raises(case.raised, match=case.seen):
        sdk(method, VOICE, text="x")
    assert fakes.told("status", "outcome", "audio_bytes", "audio_seconds", "fault") == [
        (case.status, "error", 0, 0.0, "fault")
    ]
    assert [count["count"] for count in fakes.counts()] == [1]


@pytest.mark.parametrize("case", [*STATUSES, *WIRE], ids=lambda case: str(case.effect))
def test_speech_with_timestamps_suffers(sdk: Sdk, fakes: Fakes, case: Case) -> None:
    """`convert_with_timestamps` is read whole: its errors are the same, and told once where retries are off."""
    fakes.fault("tts", case.effect, match={"route": "convert_with_timestamps"})
    with pytest.raises(case.raised, match=case.seen):
        sdk("text_to_speech.convert_with_timestamps", VOICE, text="x", request_options=ONCE)
    assert fakes.told("status", "outcome", "audio_bytes", "fault") == [(case.status, "error", 0, "fault")]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("text_to_speech.convert", "received 10 bytes"),
        ("text_to_speech.convert_with_timestamps", "received 10 bytes"),
        ("text_to_speech.stream", None),
        ("text_to_speech.stream_with_timestamps", None),
    ],
)
def test_a_cut_stream_looks_whole(sdk: Sdk, fakes: Fakes, method: str, expected: str | None) -> None:
    """A whole answer is seen to be short; of a stream, the SDK takes what came (a broken line it drops)."""
    fakes.fault("tts", {"truncate": 10})
    if expected:
        with pytest.raises(httpx.RemoteProtocolError, match=expected):
            sdk(method, VOICE, text="x", request_options=ONCE)
    else:
        got = sdk(method, VOICE, text="x")
        assert (len(b"".join(got)) if method.endswith("stream") else len(got)) in (0, 10)
    assert fakes.told("status", "error", "audio_bytes") == [(200, "truncated", 0)]


@pytest.mark.parametrize("method", [BODIES[0], BODIES[2]])
def test_a_hang_lasts_until_the_client_gives_up(sdk: Sdk, fakes: Fakes, method: str) -> None:
    """Nothing comes; the SDK's time-out ends it, and the journal has one attempt without a status."""
    fakes.fault("tts", {"hang": True})
    with pytest.raises(httpx.ReadTimeout):
        sdk(method, VOICE, text="x", request_options={"timeout_in_seconds": 0.8})
    fakes.drained()
    assert fakes.told("status", "error", "fault") == [(0, "client_disconnected", "fault")]


@pytest.mark.parametrize("method", [*BODIES, "text_to_speech.convert_with_timestamps"])
def test_a_delay_is_only_a_delay(sdk: Sdk, fakes: Fakes, method: str) -> None:
    """A latency fault delays speech that then comes, and the journal has both times."""
    fakes.fault("tts", {"latency": 0.05}, match={"model": "eleven_multilingual_v2", "voice": VOICE})
    sdk(method, VOICE, text="x")
    (entry,) = fakes.journal()
    assert (entry["outcome"], entry["fault"], entry["latency"]) == ("ok", "fault", 0.05)
    assert entry["finished"] - entry["started"] >= 0.05


@pytest.mark.parametrize("effect", [{"dribble": {"bytes": 1000, "every": 0.005}}, {"bandwidth": 200_000}], ids=str)
@pytest.mark.parametrize("method", BODIES)
def test_slow_speech_is_whole(sdk: Sdk, fakes: Fakes, method: str, effect: dict[str, Any]) -> None:
    """Audio that comes in drops, or through a narrow wire, takes its time and is all there."""
    whole = sdk(method, VOICE, text="x")
    fakes.fault("tts", effect)
    assert sdk(method, VOICE, text="x") == whole
    (entry,) = fakes.journal(fault="fault")
    assert (entry["outcome"], entry["finished"] - entry["started"] >= entry["audio_bytes"] / 200_000) == ("ok", True)


def fails_twice(fakes: Fakes) -> None:
    """Have the first two attempts on each route be refused, then let all pass."""
    for route in ("voices", "models", "user", "subscription", "convert_with_timestamps"):
        fault = {"service": "tts", "match": {"route": route}, "trigger": {"every": 3}, "effect": {"latency": 0}}
        fakes.control.put(f"/faults/{route}_passes", json=fault).raise_for_status()
        refuse = {**fault, "trigger": {}, "effect": {"status": 429}}
        fakes.control.put(f"/faults/{route}_fails", json=refuse).raise_for_status()


def tries(fakes: Fakes) -> dict[str, list[int]]:
    """Return the statuses of each route in their order."""
    statuses: dict[str, list[int]] = {}
    for entry in fakes.journal():
        statuses.setdefault(entry["route"], []).append(entry["status"])
    return statuses


EXPECTED = {
    "voices": [429, 429, 200],
    "models": [429, 429, 200],
    "user": [429, 429, 200],
    "subscription": [429, 429, 200],
    "convert_with_timestamps": [429, 429, 200],
}


def test_what_is_read_whole_is_tried_three_times(fakes: Fakes) -> None:
    """Voices, models, user and speech with timestamps: two retries after 429, each on the wire and in the ledger."""
    fails_twice(fakes)
    with httpx.Client(timeout=5) as http, ThreadPoolExecutor(5) as pool:
        client = ElevenLabs(api_key="a key", base_url=fakes.urls["elevenlabs"], httpx_client=http)
        calls: list[Callable[[], object]] = [
            client.voices.search,
            client.models.list,
            client.user.get,
            client.user.subscription.get,
            lambda: client.text_to_speech.convert_with_timestamps(VOICE, text="x"),
        ]
        assert all(pool.map(lambda call: call(), calls))
    assert tries(fakes) == EXPECTED
    assert sum(count["count"] for count in fakes.counts()) == 15


def test_so_does_the_async_client(fakes: Fakes) -> None:
    """It makes the same attempts."""
    fails_twice(fakes)

    async def ask() -> list[object]:
        async with httpx.AsyncClient(timeout=5) as http:
            client = AsyncElevenLabs(api_key="a key", base_url=fakes.urls["elevenlabs"], httpx_client=http)
            calls: list[Awaitable[object]] = [
                client.voices.search(),
                client.models.list(),
                client.user.get(),
                client.user.subscription.get(),
                client.text_to_speech.convert_with_timestamps(VOICE, text="x"),
            ]
            return await asyncio.gather(*calls)

    assert all(asyncio.run(ask()))
    assert tries(fakes) == EXPECTED


@pytest.mark.parametrize("method", RETRIED)
@pytest.mark.parametrize(
    "case",
    [
        Case({"status": 429, "code": "system_busy"}, ApiError, "system_busy", 429),
        Case({"status": 500}, ApiError, "internal_error", 500),
        Case({"status": 401}, ApiError, "invalid_api_key", 401),
        Case({"reset": "before_headers"}, httpx.ReadError, None),
        Case({"truncate": 10}, httpx.RemoteProtocolError, "received 10 bytes", 200),
    ],
    ids=lambda case: str(case.effect),
)
def test_the_rest_suffers_too(sdk: Sdk, fakes: Fakes, method: str, case: Case) -> None:
    """Every other endpoint fails as speech does, and without retries once."""
    fakes.fault("tts", case.effect)
    with pytest.raises(case.raised, match=case.seen):
        sdk(method, request_options=ONCE)
    assert fakes.told("status", "outcome", "fault") == [(case.status, "error", "fault")]
