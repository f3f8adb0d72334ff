"""One request and its answer, the same for every provider: journal, latency, faults."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiohttp.web import RequestPayloadError

from fake_services.call import Answer, Call, Provider, RefusedError
from fake_services.catalogue import SCHEMAS, Value
from fake_services.journal import Attempt
from fake_services.latency import sleep_until
from fake_services.sending import Cut, send, send_cut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.web import BaseRequest, StreamResponse

    from fake_services.faults import Effect
    from fake_services.journal import Journal
    from fake_services.state import State


class Recorder:
    """Journals one request, once: whatever is reported first is what became of it."""

    def __init__(self, journal: Journal, call: Call) -> None:
        self._journal = journal
        self._call = call
        self._open = True
        journal.begin(call.service)

    def answered(self, answer: Answer) -> None:
        """Journal an answer whose last byte is about to be written."""
        results = answer.items or [answer.columns]
        self._end(answer.error, results if answer.error is None else [{}])

    def failed(self, error: str) -> None:
        """Journal a request that had no whole answer."""
        self._end(error, [{}])

    def _end(self, error: str | None, results: list[Mapping[str, Value]]) -> None:
        if not self._open:
            return
        self._open = False
        call, finished = self._call, time.monotonic()
        if error is not None and call.failed is not None:
            call.failed()
        items = call.items or [{}]
        results = results if len(results) == len(items) else results * len(items)
        self._journal.end(
            call.service,
            [
                Attempt(
                    service=call.service,
                    route=call.route,
                    trace=call.trace,
                    trace_id=call.trace_id,
                    operation=f"{call.operation}:{item['key']}" if item else call.operation,
                    status=call.status,
                    outcome="ok" if error is None else "error",
                    error=error,
                    fault=call.fault,
                    started=call.started,
                    finished=finished,
                    latency=call.latency,
                    columns={**SCHEMAS[call.service].columns, **call.columns, **item, **result},
                )
                for item, result in zip(items, results, strict=True)
            ],
        )


class Exchange:
    """Serves the requests to one provider: a handler for `aiohttp.web.Server`."""

    def __init__(self, state: State, provider: Provider) -> None:
        self._state = state
        self._provider = provider

    async def __call__(self, request: BaseRequest) -> StreamResponse:
        """Answer one request, and journal it whatever becomes of it."""
        call = self._provider.open(request)
        recorder = Recorder(self._state.journal, call)
        try:
            return await self._serve(call, recorder)
        except (asyncio.CancelledError, ConnectionError):
            recorder.failed("client_disconnected")
            raise
        except Exception:
            call.status = call.status or 500
            recorder.failed("internal_error")
            raise

    async def _serve(self, call: Call, recorder: Recorder) -> StreamResponse:
        refused = await self._read(call)
        call.fault, effect = self._state.faults.decide(call)
        call.latency = self._state.latency(call.service, call.route) + ((effect and effect.latency) or 0.0)
        await sleep_until(call.started + call.latency)
        if effect is None:
            return await send(call, refused or await self._answer(call), recorder)
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
        if isinstance(effect.reset, int):
            return await send_cut(call, answer, Cut(effect.reset, "reset"), recorder)
        if effect.truncate is not None:
            return await send_cut(call, answer, Cut(effect.truncate, "truncated"), recorder)
        return await send(call, answer, recorder)

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
