from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
from elevenlabs.core.api_error import ApiError

from promdrill_fakes.config import ConfigError, parse
from promdrill_fakes.tts.pace import PIECE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from conftest import Fakes
    from elevenlabs import ElevenLabs

VOICE = "21m00Tcm4TlvDq8ikWAM"
TEXT = "Thirty characters are 2 secs.."

Result = TypeVar("Result")


async def until(seen: Callable[[], bool]) -> None:
    """Return once the fake tells of it; the client's own work goes on meanwhile."""
    deadline = time.monotonic() + 10
    while not seen():
        assert time.monotonic() < deadline, "it was never seen"
        await asyncio.sleep(0)


class Crowd:
    """Speech requests at once; those that `hang` keep their places until they are let go."""

    def __init__(self, fakes: Fakes, client: httpx.AsyncClient) -> None:
        self._fakes = fakes
        self._client = client

    async def ask(self, route: str = "", headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask for speech."""
        return await self._client.post(f"/v1/text-to-speech/{VOICE}{route}", json={"text": TEXT}, headers=headers)

    @asynccontextmanager
    async def hanging(self, count: int) -> AsyncIterator[None]:
        """Have so many requests in their places, and end them."""
        self._fakes.fault("tts", {"hang": True}, match={"header": {"hang": "yes"}})
        tasks = [asyncio.create_task(self.ask(headers={"hang": "yes"})) for _ in range(count)]
        struck = f'fake_faults_served_total{{fault="fault"}} {count}.0'
        await until(lambda: struck in self._fakes.control.get("/metrics").text)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def among(fakes: Fakes, work: Callable[[Crowd], Awaitable[Result]]) -> Result:
    """Return what work among a crowd comes to; then no request is in flight."""

    async def run() -> Result:
        async with httpx.AsyncClient(base_url=fakes.urls["elevenlabs"], headers={"xi-api-key": "x"}) as client:
            return await work(Crowd(fakes, client))

    result = asyncio.run(run())
    fakes.drained()
    return result


def together(fakes: Fakes, *routes: str) -> list[httpx.Response]:
    """Return the answers to speech requests that are made at once."""

    async def ask(crowd: Crowd) -> list[httpx.Response]:
        return await asyncio.gather(*(crowd.ask(route) for route in routes))

    return among(fakes, ask)


def test_beyond_cap_and_queue_is_429(fakes: Fakes) -> None:
    """While two are served, two of three wait for their turn and get it, and one is told that it is too many."""
    fakes.configure(tts={"max_concurrent": 2, "max_queued": 2})

    async def crowded(crowd: Crowd) -> list[httpx.Response]:
        async with crowd.hanging(2):
            asked = [asyncio.create_task(crowd.ask(route)) for route in ("", "/stream", "/stream/with-timestamps")]
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            queued = 'fake_requests_queued{service="tts"} 2.0' in fakes.control.get("/metrics").text
        assert queued
        return await asyncio.gather(*asked)

    answers = among(fakes, crowded)
    assert 'fake_requests_queued{service="tts"} 0.0' in fakes.control.get("/metrics").text
    assert Counter(answer.status_code for answer in answers) == {200: 2, 429: 1}
    (refused,) = (answer.json()["detail"] for answer in answers if answer.status_code == 429)
    assert (refused["type"], refused["code"]) == ("rate_limit_error", "concurrent_limit_exceeded")
    assert fakes.told("status", outcome="error", fault=None) == [(429,)]


def test_a_turn_is_served_whole(fakes: Fakes) -> None:
    """What waits is no part of the latency: with a cap of one, three requests take three times as long as one."""
    fakes.configure(latency={"tts": {"*": {"constant": {"seconds": 0.05}}}}, tts={"max_concurrent": 1})
    answers = together(fakes, "", "", "")
    assert {answer.headers["maximum-concurrent-requests"] for answer in answers} == {"1"}
    assert {answer.headers["current-concurrent-requests"] for answer in answers} == {"1"}
    entries = fakes.journal(outcome="ok")
    assert max(entry["finished"] for entry in entries) - min(entry["started"] for entry in entries) >= 0.15


def test_the_headers_tell_how_many_are_in_flight(fakes: Fakes) -> None:
    """Beside two others, a request is the third."""
    fakes.configure(tts={"max_concurrent": 9})

    async def third(crowd: Crowd) -> httpx.Response:
        async with crowd.hanging(2):
            return await crowd.ask()

    headers = among(fakes, third).headers
    assert [headers[f"{which}-concurrent-requests"] for which in ("current", "maximum")] == ["3", "9"]


@pytest.mark.parametrize("effect", [{"status": 500}, {"reset": 5}, {"truncate": 5}, {"reset": "before_headers"}])
def test_a_turn_ends_with_its_request(speech: ElevenLabs, fakes: Fakes, effect: dict[str, Any]) -> None:
    """Whatever becomes of a request, the next one finds the place free."""
    fakes.configure(tts={"max_concurrent": 1, "max_queued": 0})
    fakes.fault("tts", effect, trigger={"first": 1})
    with pytest.raises((ApiError, httpx.TransportError)):
        list(speech.text_to_speech.convert(VOICE, text="x"))
    assert b"".join(speech.text_to_speech.convert(VOICE, text="x"))


def test_who_gives_up_leaves_the_queue(fakes: Fakes) -> None:
    """A client that leaves while it waits is journalled and makes room for another to wait."""
    fakes.configure(tts={"max_concurrent": 1, "max_queued": 1})

    async def leave(crowd: Crowd) -> list[int]:
        async with crowd.hanging(1):
            waiting = [asyncio.create_task(crowd.ask()) for _ in range(2)]
            (refused,), (left,) = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            left.cancel()
            await until(lambda: bool(fakes.journal(error="client_disconnected")))
            after = asyncio.create_task(crowd.ask())
            await asyncio.sleep(0)
        return [refused.result().status_code, (await after).status_code]

    assert among(fakes, leave) == [429, 200]
    assert fakes.told("fault", error="client_disconnected") == [(None,), ("fault",)]


def test_a_cap_that_is_lifted_lets_the_waiting_in(fakes: Fakes) -> None:
    """A change of the limits is felt by those that wait."""
    fakes.configure(tts={"max_concurrent": 1, "max_queued": 1})

    async def lift(crowd: Crowd) -> list[int]:
        async with crowd.hanging(1):
            waiting = [asyncio.create_task(crowd.ask()) for _ in range(2)]
            (refused,), (waits,) = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            fakes.configure(tts={"max_concurrent": 2})
            return [refused.result().status_code, (await waits).status_code]

    assert among(fakes, lift) == [429, 200]


def test_synthesis_takes_its_share_of_the_length(fakes: Fakes) -> None:
    """Latency, then the real-time factor times the seconds of speech: before the answer, or while it streams."""
    fakes.configure(
        latency={"tts": {"*": {"constant": {"seconds": 0.02}}}}, tts={"real_time_factor": 0.05, "bytes_per_second": 1e9}
    )
    together(fakes, "", "/stream", "/with-timestamps", "/stream/with-timestamps")
    httpx.post(fakes.urls["piper"], json={"text": TEXT})
    assert [entry["finished"] - entry["started"] >= 0.02 + 0.05 * 2 for entry in fakes.journal(outcome="ok")] == [
        True
    ] * 5


def test_a_stream_begins_before_it_is_made(fakes: Fakes) -> None:
    """The first of eight pieces comes when it is made, long before the others are."""
    fakes.configure(tts={"real_time_factor": 2.0})
    url = f"{fakes.urls['elevenlabs']}/v1/text-to-speech/{VOICE}/stream"
    with httpx.stream("POST", url, json={"text": TEXT}, headers={"xi-api-key": "x"}) as answer:
        assert len(next(answer.iter_raw())) == PIECE
    fakes.drained()
    ((seconds, error),) = ((entry["finished"] - entry["started"], entry["error"]) for entry in fakes.journal())
    assert (seconds >= 0.5, error) == (True, "client_disconnected")


def test_bytes_leave_at_their_rate(fakes: Fakes) -> None:
    """A whole answer still tells its length, and takes as long as its bytes do; cut short, it is seen to be short."""
    fakes.configure(tts={"bytes_per_second": 320_000})
    for url in (fakes.urls["elevenlabs"] + f"/v1/text-to-speech/{VOICE}", fakes.urls["piper"] + "/synthesize"):
        answer = httpx.post(url, json={"text": TEXT}, headers={"xi-api-key": "x"})
        assert int(answer.headers["content-length"]) == len(answer.content)
    entries = fakes.journal()
    assert [entry["finished"] - entry["started"] >= entry["audio_bytes"] / 320_000 for entry in entries] == [True] * 2
    fakes.fault("tts", {"truncate": 5000})
    with pytest.raises(httpx.RemoteProtocolError, match="received 5000 bytes"):
        httpx.post(fakes.urls["piper"], json={"text": TEXT})


def test_speakers_are_those_of_voices() -> None:
    """A speaker of a voice that there is not is a mistake in the configuration."""
    with pytest.raises(ConfigError, match="piper_speakers names nobody, not one of piper_voices"):
        parse({"tts": {"piper_speakers": {"nobody": ["a", "b"]}}})
