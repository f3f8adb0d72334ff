"""One request and its answer, the same for every provider: journal, latency, faults."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, cast

from aiohttp.web import RequestPayloadError

from promdrill_fakes.call import Answer, Call, ImmediateProvider, Provider, RefusedError
from promdrill_fakes.config import ConfigError, parse_effect
from promdrill_fakes.faults import HEADER
from promdrill_fakes.latency import sleep_until
from promdrill_fakes.omission import omit_fields
from promdrill_fakes.recorder import Recorder, finish_call
from promdrill_fakes.response import Cut, Pace, send, send_cut, serialize

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest, StreamResponse

    from promdrill_fakes.effects import Effect
    from promdrill_fakes.head import Head
    from promdrill_fakes.shared_state import SharedState

_LOG = logging.getLogger(__name__)
_INTERNAL = "internal_error"
_LEFT = "client_disconnected"
PIECE_SECONDS = 0.02
"""How much of a body under a bandwidth cap leaves at a time."""


class Handler:
    """Serves the requests to one provider: a handler for `aiohttp.web.Server`."""

    def __init__(self, state: SharedState, provider: Provider) -> None:
        self._state = state
        self._provider = provider
        self._quick = provider if isinstance(provider, ImmediateProvider) else None

    async def __call__(self, request: BaseRequest) -> StreamResponse:
        """Answer one request, and journal it whatever becomes of it."""
        call = self._provider.open(request)
        recorder = Recorder(self._state.journal, call)
        try:
            return await self._serve(call, recorder)
        except asyncio.CancelledError:
            recorder.record_failure(_LEFT)
            raise
        except ConnectionError as error:
            recorder.record_failure(_LEFT)
            # A client that leaves just now is no mistake of the fake's, as which aiohttp would log it.
            raise asyncio.CancelledError from error
        except Exception:
            call.status = call.status or 500
            recorder.record_failure(_INTERNAL)
            raise

    def begin(self, head: Head) -> Call | None:
        """Begin a request that can be answered as soon as its body is there; None if that may have to wait.

        `answer_at_once` must follow, or `record_lost`.
        """
        call = self._open(head) if self._has_no_configuration() else None
        if self._quick is None or call is None or not self._quick.answers_at_once(call, head.length):
            return None
        self._state.journal.begin(call.service)
        return call

    def record_lost(self, call: Call) -> None:
        """Journal a request that began and whose client left before its body was there."""
        self._state.journal.end(call.service, finish_call(call, _LEFT, Answer()))

    def answer_at_once(self, head: Head, body: bytes, begun: Call | None = None) -> bytes | None:
        """Answer a request for which nothing is configured that takes time; None if it, or its answer, has to wait.

        A mistake of the fake's own is logged, and told as the provider's internal error.
        """
        if begun is not None:
            self._state.journal.end(begun.service, ())
        if self._quick is None or not self._has_no_configuration():
            return None
        call = begun or self._open(head)
        try:
            answer = self._quick.answer_at_once(call, body)
            if answer is None:
                return None
            wire = serialize(answer)
        except Exception:  # noqa: BLE001 - whatever it was: the log tells of it, and the client has its answer
            _LOG.exception("%s could not answer a request for %s", call.service, call.route)
            answer = self._provider.error(call, 500)
            answer.error = _INTERNAL
            wire = serialize(answer)
        self._state.count(call.service, call.route)
        call.status = answer.status
        self._state.journal.record(finish_call(call, answer.error, answer))
        return wire

    def _has_no_configuration(self) -> bool:
        config = self._state.config
        return not (config.faults or config.latency or config.fault_header)

    def _open(self, head: Head) -> Call:
        # A head tells all that a provider asks of a request before its body.
        call = self._provider.open(cast("BaseRequest", head))
        call.known = head.ids
        return call

    async def _serve(self, call: Call, recorder: Recorder) -> StreamResponse:
        refused = await self._read(call)
        try:
            wanted = self._requested_effect(call)
        except ConfigError as error:
            message = "; ".join(f"{HEADER}: {line}" for line in str(error).splitlines())
            return await send(call, self._provider.error(call, 400, None, message), recorder)
        call.fault, effect = self._state.faults.decide(call, wanted)
        await self._delay(call, (effect and effect.latency) or 0.0)
        if effect is None:
            return await send(call, refused or await self._answer(call), recorder)
        if effect.bandwidth is not None:
            await sleep_until(call.started + call.request.content.total_bytes / effect.bandwidth)
        if effect.hang:
            await asyncio.Event().wait()
        if effect.reset == "before_headers":
            return await send_cut(call, Answer(), Cut(None, "reset"), recorder)
        if effect.status is not None:
            return await send(call, self._provider.error(call, effect.status, effect.code, effect.message), recorder)
        return await self._spoil(call, refused or await self._answer(call), effect, recorder)

    async def _spoil(self, call: Call, answer: Answer, effect: Effect, recorder: Recorder) -> StreamResponse:
        if effect.midstream_error is not None:
            answer = self._provider.interrupt(call, answer, effect.midstream_error)
        if effect.omit is not None:
            answer = omit_fields(effect.omit, answer)
        if isinstance(effect.reset, int):
            return await send_cut(call, answer, Cut(effect.reset, "reset"), recorder)
        if effect.truncate is not None:
            return await send_cut(call, answer, Cut(effect.truncate, "truncated"), recorder)
        if effect.malformed_chunk is not None:
            return await send_cut(call, answer, Cut(effect.malformed_chunk, "malformed_chunk"), recorder)
        return await send(call, answer, recorder, _pace(effect))

    async def _delay(self, call: Call, more: float) -> None:
        call.latency = self._state.latency(call.service, call.route) + more
        if call.latency:
            await sleep_until(call.started + call.latency)
            call.latency_served = time.monotonic() - call.started

    def _requested_effect(self, call: Call) -> Effect | None:
        """Return what the request asks to suffer; raises `ConfigError`."""
        text = call.request.headers.get(HEADER) if self._state.config.fault_header else None
        return None if text is None else parse_effect(text, call.service)

    async def _read(self, call: Call) -> Answer | None:
        try:
            await self._provider.read(call)
        except RefusedError as refused:
            return refused.answer
        except RequestPayloadError:
            return self._provider.error(call, 400)
        return None

    async def _answer(self, call: Call) -> Answer:
        try:
            return await self._provider.answer(call)
        except RefusedError as refused:
            return refused.answer


def _pace(effect: Effect) -> Pace | None:
    """Return how fast an answer is to leave; None: as fast as it goes."""
    if effect.dribble is not None:
        return Pace(effect.dribble.bytes, effect.dribble.every)
    if effect.bandwidth is not None:
        size = max(1, int(effect.bandwidth * PIECE_SECONDS))
        return Pace(size, size / effect.bandwidth)
    return None
