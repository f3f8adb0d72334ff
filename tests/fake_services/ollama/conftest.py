"""The official clients of Ollama's two APIs, blocking and asynchronous, over http and https."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import httpx
import ollama
import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from conftest import Fakes

Ask = Any
"""`ask(method, …)`: what the client's method returns, of a stream the list of what it yields."""


@dataclass(frozen=True)
class Wire:
    """A fake Ollama, and what its certificate is verified against."""

    fakes: Fakes
    verify: ssl.SSLContext | bool

    @property
    def url(self) -> str:
        """Where Ollama is."""
        return self.fakes.urls["ollama"]


@pytest.fixture(scope="session")
def _secure(starting: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    file: Path = tmp_path_factory.mktemp("tls") / "ca.pem"
    with starting("--serve=ollama=0", "--tls=ollama", f"--ca-file={file}") as fakes:
        yield Wire(fakes, ssl.create_default_context(cafile=file))


@pytest.fixture(params=["http", "https"])
def wire(request: pytest.FixtureRequest) -> Wire:
    """Return a fake Ollama that knows nothing and is configured in no way."""
    if request.param == "http":
        return Wire(request.getfixturevalue("fakes"), verify=False)
    wire: Wire = request.getfixturevalue("_secure")
    wire.fakes.control.put("/config", json={}).raise_for_status()
    wire.fakes.control.post("/reset", params={"seed": 1}).raise_for_status()
    return wire


@pytest.fixture(params=["blocking", "async"])
def ask(request: pytest.FixtureRequest, wire: Wire) -> Ask:
    """Return what calls a method of the official `ollama` client."""

    def blocking(method: str, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - as the method
        with ollama.Client(host=wire.url, verify=wire.verify, timeout=5) as client:
            found = getattr(client, method)(*args, **kwargs)
            return list(found) if kwargs.get("stream") else found

    async def later(method: str, args: Any, kwargs: Any) -> Any:  # noqa: ANN401 - as the method
        async with ollama.AsyncClient(host=wire.url, verify=wire.verify, timeout=5) as client:
            found = await getattr(client, method)(*args, **kwargs)
            return await _all(found) if kwargs.get("stream") else found

    if request.param == "blocking":
        return blocking
    return lambda method, *args, **kwargs: asyncio.run(later(method, args, kwargs))


@pytest.fixture(params=["blocking", "async"])
def ask_openai(request: pytest.FixtureRequest, wire: Wire) -> Ask:
    """Return what calls a method of the official `openai` client. It makes two attempts at most."""
    settings = {"base_url": f"{wire.url}/v1", "api_key": "any", "timeout": 5, "max_retries": 1}

    def blocking(method: str, **kwargs: object) -> Any:  # noqa: ANN401 - as the method
        with openai.OpenAI(**settings, http_client=httpx.Client(verify=wire.verify)) as client:
            found = attrgetter(method)(client)(**kwargs)
            return list(found) if kwargs.get("stream") else found

    async def later(method: str, kwargs: Any) -> Any:  # noqa: ANN401 - as the method
        async with openai.AsyncOpenAI(**settings, http_client=httpx.AsyncClient(verify=wire.verify)) as client:
            found = await attrgetter(method)(client)(**kwargs)
            return await _all(found) if kwargs.get("stream") else found

    if request.param == "blocking":
        return blocking
    return lambda method, **kwargs: asyncio.run(later(method, kwargs))


async def _all(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]
