"""What becomes of a request whose client leaves just when something is written to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp.web import Server

from promdrill_fakes.call import Answer
from promdrill_fakes.config import Config
from promdrill_fakes.handler import Handler
from promdrill_fakes.ollama.provider import Ollama
from promdrill_fakes.shared_state import SharedState

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from promdrill_fakes.call import Call


class Left(Ollama):
    """Streams to a client that is gone after the first piece, and before anybody could be told so."""

    async def read(self, call: Call) -> None:
        """Read nothing."""

    async def answer(self, call: Call) -> Answer:
        """Answer in two pieces."""

        async def pieces() -> AsyncGenerator[bytes]:
            yield b"one"
            assert call.request.transport is not None
            call.request.transport.close()
            yield b"two"

        return Answer(pieces=pieces())


async def ask(state: SharedState) -> None:
    """Ask once, and hold that the answer breaks off."""
    handler = Server(Handler(state, Left(state)), handler_cancellation=True, access_log=None)
    listening = await asyncio.get_running_loop().create_server(handler, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientPayloadError):
            async with client.post(f"http://127.0.0.1:{port}/api/chat") as answer:
                await answer.read()
    listening.close()
    await handler.shutdown()


def test_a_client_that_leaves_is_no_mistake(caplog: pytest.LogCaptureFixture) -> None:
    """It is journalled as a client that left, and nothing is logged."""
    state = SharedState(Config())
    asyncio.run(ask(state))
    assert [(one.status, one.error) for one in state.journal.entries] == [(200, "client_disconnected")]
    assert state.journal.in_flight.total() == 0
    assert not caplog.records
