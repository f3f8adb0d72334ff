"""What hears audio, and the official ElevenLabs clients behind one call, sync and async."""

from __future__ import annotations

import asyncio
import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import av
import httpx
import pytest
from elevenlabs import AsyncElevenLabs, ElevenLabs

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from conftest import Fakes

DEMUXERS = {"mp3": "mp3", "opus": "ogg", "wav": "wav", "pcm": "s16le", "ulaw": "mulaw", "alaw": "alaw"}
RAW = ("pcm", "ulaw", "alaw")
TRUST = httpx.create_ssl_context()
"""Made once: it takes longer than any call here."""


@dataclass(frozen=True)
class Heard:
    """What a decoder makes of audio: the sample rate, how many samples, and the loudest of 32767."""

    rate: int
    samples: int
    peak: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / self.rate


def decode(data: bytes, output_format: str) -> Heard:
    """Decode all of the audio with FFmpeg's own decoder."""
    kind, rate, *_ = output_format.split("_")
    options = {"sample_rate": rate} if kind in RAW else {}
    samples = array("h")
    with av.open(io.BytesIO(data), format=DEMUXERS[kind], options=options) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=container.streams.audio[0].rate)
        for frame in container.decode(audio=0):
            for plain in resampler.resample(frame):
                samples.frombytes(bytes(plain.planes[0])[: 2 * plain.samples])
        return Heard(container.streams.audio[0].rate, len(samples), max(map(abs, samples), default=0))


@pytest.fixture(scope="session")
def heard() -> Callable[[bytes, str], Heard]:
    """Return what decodes audio."""
    return decode


def sync_call(url: str, method: str, *arguments: object, verify: ssl.SSLContext = TRUST, **options: object) -> Any:  # noqa: ANN401 - whatever the SDK takes and gives
    """Call a method of the sync client by its dotted name; what it iterates over comes as a list."""
    with httpx.Client(timeout=5, verify=verify) as http:
        client = ElevenLabs(api_key="a key", base_url=url, httpx_client=http)
        result = attrgetter(method)(client)(*arguments, **options)
        return list(result) if isinstance(result, Iterator) else result


def async_call(url: str, method: str, *arguments: object, verify: ssl.SSLContext = TRUST, **options: object) -> Any:  # noqa: ANN401 - as above
    """Do the same with the async client."""

    async def call() -> Any:  # noqa: ANN401 - as above
        async with httpx.AsyncClient(timeout=5, verify=verify) as http:
            client = AsyncElevenLabs(api_key="a key", base_url=url, httpx_client=http)
            result = attrgetter(method)(client)(*arguments, **options)
            return [one async for one in result] if hasattr(result, "__aiter__") else await result

    return asyncio.run(call())


@pytest.fixture(params=[sync_call, async_call], ids=["sync", "async"])
def anywhere(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return what calls a method of the SDK at a URL, sync and then async."""
    calls: Callable[..., Any] = request.param
    return calls


@pytest.fixture
def sdk(anywhere: Callable[..., Any], fakes: Fakes) -> Callable[..., Any]:
    """Return what calls a method of the SDK at the fake, sync and then async."""
    return lambda method, *arguments, **options: anywhere(fakes.urls["elevenlabs"], method, *arguments, **options)
