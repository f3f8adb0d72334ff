"""Texts from language models, through Ollama."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import ollama
import structlog

from promdrill_examples import tracing
from promdrill_examples.ai_shorts import metrics
from promdrill_examples.ai_shorts.failures import OperationError
from promdrill_examples.ai_shorts.logs import milliseconds
from promdrill_examples.ai_shorts.vocabulary import CallStatus, ErrorCode

if TYPE_CHECKING:
    from promdrill_examples.ai_shorts.settings import Settings
    from promdrill_examples.ai_shorts.vocabulary import Model
    from promdrill_fakes.clock import Clock

_log = structlog.get_logger(name="ai_shorts.writing")


class Writer:
    """Asks a model for a text. Use from one event loop."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._now = clock.now
        self._ollama = ollama.AsyncClient(
            settings.ollama_host,
            timeout=settings.upstream_timeout,
            event_hooks={"request": [tracing.pass_on]},
            # As many as there are jobs; but few idle ones, over which the pool's bookkeeping is quadratic.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )

    async def write(self, model: Model, prompt: str) -> str:
        """Return the text: one call; raises `OperationError` (llm)."""
        start, status = self._now(), CallStatus.FAILURE
        try:
            answer = await self._ollama.generate(model=model, prompt=prompt)
            status = CallStatus.SUCCESS
        except Exception as error:
            # The client lets through errors of the layers below it, so no list of types is complete.
            raise OperationError(ErrorCode.LLM, f"the model does not answer: {type(error).__name__}") from error
        finally:
            seconds = self._now() - start
            metrics.LLM_REQUESTS.labels(model, status).inc()
            metrics.LLM_SECONDS.labels(model).observe(seconds)
            _log.debug("Model called", model=model, status=status, duration_ms=milliseconds(seconds))
        metrics.TOKENS.labels(model).observe(tokens(answer))
        return answer.response or ""

    async def available(self) -> bool:
        """Tell whether the model server answers."""
        try:
            await self._ollama.list()
        except Exception:  # noqa: BLE001  whatever the client lets through, there is no answer
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._ollama.close()  # type: ignore[no-untyped-call]  # the library left this one out


def tokens(answer: ollama.GenerateResponse) -> int:
    """Return the tokens that an answer says were used: those of the prompt and its own."""
    return (answer.prompt_eval_count or 0) + (answer.eval_count or 0)
