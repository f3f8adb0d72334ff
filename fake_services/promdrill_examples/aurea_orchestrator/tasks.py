"""Tasks: run on a language model, one call each, and kept to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from openai import APIStatusError, APITimeoutError, AsyncOpenAI, omit

from promdrill_examples import tracing
from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.vocabulary import Answer, Model, TaskStatus

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion, ChatCompletionToolParam

    from promdrill_examples.aurea_orchestrator.settings import Settings

_KEPT = 1000
LOOK_UP: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "look_up", "parameters": {"type": "object", "properties": {"what": {"type": "string"}}}},
}


@dataclass(frozen=True, slots=True)
class Task:
    """A task that has ended. One that failed has an error, and used no tokens; the cost is in dollars."""

    model: Model
    status: TaskStatus
    text: str = ""
    tokens: int = 0
    cost_usd: float = 0.0
    error: str | None = None
    id: str = field(default_factory=lambda: uuid4().hex)


class TaskFailedError(Exception):
    """A task failed; `status` is the HTTP status to answer with."""

    def __init__(self, task: Task, status: Answer) -> None:
        super().__init__(task.error)
        self.task = task
        self.status = status


class Orchestrator:
    """Runs tasks, and keeps the latest. Use from one event loop."""

    def __init__(self, settings: Settings) -> None:
        # A retry would cost tokens that no answer states, so a task is one call.
        self._openai = AsyncOpenAI(
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key,
            timeout=settings.upstream_timeout,
            max_retries=0,
        )
        self._tasks: dict[str, Task] = {}

    async def run(self, model: Model, prompt: str, max_tokens: int | None, *, with_tools: bool) -> Task:
        """Run a task and return it once it is completed; raises `TaskFailedError`."""
        with metrics.active_task():
            try:
                task = _completed(model, await self._ask(model, prompt, max_tokens, with_tools=with_tools))
            except Exception as error:
                # The client lets through errors of the layers below it, so no list of types is complete.
                failed = Task(model, TaskStatus.FAILED, error=f"{type(error).__name__}: {error}")
                self._end(failed)
                raise TaskFailedError(failed, _answer_to(error)) from error
            self._end(task)
        return task

    async def close(self) -> None:
        """Give up the connections to the models."""
        await self._openai.close()

    def latest(self) -> list[Task]:
        """Return the tasks that are kept, the newest first."""
        return [*reversed(self._tasks.values())]

    def find(self, task_id: str) -> Task | None:
        """Return a task that is kept, or None."""
        return self._tasks.get(task_id)

    async def _ask(self, model: Model, prompt: str, max_tokens: int | None, *, with_tools: bool) -> ChatCompletion:
        return await self._openai.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": prompt}],
            max_tokens=max_tokens,
            tools=[LOOK_UP] if with_tools else omit,
            extra_headers=tracing.headers(),
        )

    def _end(self, task: Task) -> None:
        metrics.record_task(task.model, task.status, task.tokens)
        self._tasks[task.id] = task
        while len(self._tasks) > _KEPT:
            del self._tasks[next(iter(self._tasks))]


def _completed(model: Model, completion: ChatCompletion) -> Task:
    if completion.usage is None:
        raise ValueError("the answer states no usage")
    tokens = completion.usage.total_tokens
    text = completion.choices[0].message.content or ""
    return Task(model, TaskStatus.COMPLETED, text, tokens, metrics.cost_of(model, tokens))


def _answer_to(error: Exception) -> Answer:
    """Return the status that tells a client what kind of failure it was."""
    status = error.status_code if isinstance(error, APIStatusError) else Answer.MODEL_FAILED
    if isinstance(error, APITimeoutError) or status == Answer.MODEL_UNAVAILABLE:
        return Answer.MODEL_UNAVAILABLE
    if status == Answer.TOO_MANY_REQUESTS:
        return Answer.TOO_MANY_REQUESTS
    return Answer.REFUSED_BY_MODEL if status < Answer.UNHANDLED else Answer.MODEL_FAILED
