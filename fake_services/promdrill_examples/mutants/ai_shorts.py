"""The mutants of `ai_shorts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ollama
import structlog
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders

from promdrill_examples import tracing
from promdrill_examples.ai_shorts import activity, api, logs, metrics, writing
from promdrill_examples.ai_shorts.activity import Activity
from promdrill_examples.ai_shorts.cache import Cache
from promdrill_examples.ai_shorts.failures import OperationError
from promdrill_examples.ai_shorts.jobs import Studio
from promdrill_examples.ai_shorts.vocabulary import BatchStatus, CallStatus, ErrorCode, JobStatus, Model
from promdrill_examples.ai_shorts.writing import Writer
from promdrill_examples.mutants.mechanisms import change, instead_of, mutant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx
    from fastapi.responses import JSONResponse
    from ollama import GenerateResponse
    from starlette.types import Message, Receive, Scope, Send

    from promdrill_examples.ai_shorts.records import Job
    from promdrill_examples.ai_shorts.settings import Settings
    from promdrill_fakes.clock import Clock

FIRST_ERROR_STATUS = 400


class _Global:
    """Has one value for all."""

    def __init__(self) -> None:
        self._value = ""

    def get(self) -> str:
        return self._value

    def set(self, value: str) -> None:
        self._value = value


@mutant("active_jobs")
def active_jobs_kept_after_errors() -> None:
    """A job that fails stays among the active ones."""

    @instead_of(Studio, "run")
    async def run(original: Callable[..., Awaitable[Job]], self: Studio, *order: object) -> Job:
        job = await original(self, *order)
        if job.error:
            metrics.ACTIVE_JOBS.inc()
        return job


@mutant("active_users")
def active_users_counts_requests() -> None:
    """Each request counts as another active user."""

    @instead_of(Activity, "saw")
    def saw(original: Callable[..., None], self: Activity, user: str) -> None:
        original(self, f"{user} {uuid4()}")


@mutant("active_users")
def active_users_never_forgotten() -> None:
    """A user who was there once is active for ever."""
    activity.HOUR = float("inf")


@mutant("batch_processing_seconds")
def batch_time_always_zero() -> None:
    """The duration of each batch is observed as 0."""
    change(metrics, "BATCH_SECONDS", lambda labels, _seconds: (labels, 0.0))


@mutant("batches_completed_total")
def batches_absent_until_first() -> None:
    """A status of batches is absent until the first batch that ends so."""
    metrics.BATCHES_COMPLETED.clear()


@mutant("batches_completed_total")
def batches_partial_counted_as_failed() -> None:
    """A batch of which some jobs failed is counted as failed."""
    change(
        metrics,
        "BATCHES_COMPLETED",
        lambda labels, amount: (labels if labels[0] == BatchStatus.COMPLETED else (BatchStatus.FAILED,), amount),
    )


@mutant("cache_hits_total")
def cache_hits_counted_before_the_look_up() -> None:
    """A hit is counted for each look-up, before it is known to be one."""
    real = metrics.CACHE_HITS

    @instead_of(Cache, "get")
    def get(original: Callable[..., str | None], self: Cache[str], key: object) -> str | None:
        text = original(self, key)
        if text is None:  # one that hits is counted by the caller
            real.inc()
        return text


@mutant("cache_misses_total")
def cache_misses_of_failed_calls_not_counted() -> None:
    """A miss is counted once the model has answered: not, if it does not."""
    real = metrics.CACHE_MISSES
    change(metrics, "CACHE_MISSES", lambda _labels, _amount: None)

    @instead_of(Writer, "write")
    async def write(original: Callable[..., Awaitable[str]], self: Writer, *asked: object) -> str:
        text = await original(self, *asked)
        real.inc()
        return text


@mutant("cache_entries")
def cache_never_evicts() -> None:
    """The cache keeps everything, however little room it has."""

    @instead_of(Cache, "__init__")
    def create(original: Callable[..., None], self: Cache[str], _entries: int, ttl: float, time: object) -> None:
        original(self, 1_000_000, ttl, time)


@mutant("errors_total")
def errors_not_found_not_counted() -> None:
    """Asking for a job that is not there is no error."""
    change(metrics, "ERRORS", lambda labels, amount: None if labels[0] == ErrorCode.NOT_FOUND else (labels, amount))


@mutant("p99 Latency")
def event_loop_blocked() -> None:
    """Models are asked with the client that blocks, on the event loop: one job at a time."""

    @instead_of(Writer, "__init__")
    def create(original: Callable[..., None], self: Writer, settings: Settings, clock: Clock) -> None:
        original(self, settings, clock)
        client = ollama.Client(settings.ollama_host, timeout=settings.upstream_timeout)

        async def generate(*, model: str, prompt: str) -> ollama.GenerateResponse:
            client._client.headers.update(tracing.headers())  # noqa: SLF001  the client has no other way in
            return client.generate(model=model, prompt=prompt)

        setattr(self._ollama, "generate", generate)  # noqa: B010  mypy takes a method for final


@mutant("job_duration_seconds")
def job_time_of_successes_only() -> None:
    """The duration of a job that fails is not observed."""
    failing = [False]
    change(metrics, "JOB_SECONDS", lambda labels, seconds: None if failing[0] else (labels, seconds))

    @instead_of(Studio, "_ended")
    def ended(original: Callable[..., None], self: Studio, job: Job, seconds: float) -> None:
        failing[0] = job.error is not None
        original(self, job, seconds)


@mutant("jobs_completed_total")
def jobs_always_successful() -> None:
    """Every job that ends is counted as a success."""
    change(metrics, "JOBS_COMPLETED", lambda labels, amount: ((labels[0], JobStatus.SUCCESS), amount))


@mutant("llm_latency_seconds")
def llm_bounds_changed() -> None:
    """The buckets of the LLM latency are those of the client library."""
    usual = Histogram(
        "llm_latency_seconds", "Duration of calls to language models in seconds.", ("model",), registry=None
    )
    for model in Model:
        usual.labels(model)
    change(metrics, "LLM_SECONDS", lambda labels, seconds: (labels, seconds), into=usual)


@mutant("llm_requests_total")
def llm_failures_called_failed() -> None:
    """A call that fails is counted as failed, as jobs are, and not as a failure."""
    change(
        metrics,
        "LLM_REQUESTS",
        lambda labels, amount: ((labels[0], JobStatus.FAILED) if labels[1] == CallStatus.FAILURE else labels, amount),
    )


@mutant("llm_requests_total")
def llm_failures_not_counted() -> None:
    """A call that fails is not counted."""
    change(
        metrics, "LLM_REQUESTS", lambda labels, amount: None if labels[1] == CallStatus.FAILURE else (labels, amount)
    )


@mutant("llm_latency_seconds")
def llm_latency_in_milliseconds() -> None:
    """The duration of LLM calls is observed in milliseconds."""
    change(metrics, "LLM_SECONDS", lambda labels, seconds: (labels, seconds * 1000))


@mutant("JSON line fields")
def log_fields_without_a_value_left_out() -> None:
    """A log line has only the fields that have a value."""

    @instead_of(logs, "complete")
    def complete(original: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
        return {name: value for name, value in original(*arguments).items() if value is not None}


@mutant("levels")
def log_levels_in_lower_case() -> None:
    """Levels are logged in lower case."""

    @instead_of(logs, "complete")
    def complete(original: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
        line = original(*arguments)
        return {**line, "level": line["level"].lower()}


@mutant("no sensitive data")
def log_of_failed_jobs_with_their_prompt() -> None:
    """The prompt of a job whose model does not answer is logged."""

    @instead_of(Writer, "write")
    async def write(original: Callable[..., Awaitable[str]], self: Writer, model: str, prompt: str) -> str:
        try:
            return await original(self, model, prompt)
        except OperationError:
            structlog.get_logger(name="ai_shorts.writing").error("No answer", prompt=prompt)
            raise


@mutant("logs/app.log")
def log_of_refused_requests_in_plain_text() -> None:
    """A request that is refused is logged as plain text."""

    @instead_of(api, "_refused")
    def refused(original: Callable[..., JSONResponse], code: str, message: str) -> JSONResponse:
        structlog.get_config()["logger_factory"]().msg(f"refused: {code}")
        return original(code, message)


@mutant("tokens_used")
def tokens_estimated() -> None:
    """Tokens are estimated from the length of the answer, four characters each."""

    @instead_of(writing, "tokens")
    def tokens(_: object, answer: GenerateResponse) -> int:
        return len(answer.response or "") // 4


@mutant("tokens_used")
def tokens_of_the_answer_only() -> None:
    """The tokens of the prompt are left out."""

    @instead_of(writing, "tokens")
    def tokens(_: object, answer: GenerateResponse) -> int:
        return answer.eval_count or 0


@mutant("X-Trace-ID")
def trace_header_missing_on_errors() -> None:
    """X-Trace-ID is on responses of success alone."""

    @instead_of(tracing.TracingMiddleware, "__call__")
    async def call(
        original: Callable[..., Awaitable[None]], self: object, scope: Scope, get: Receive, send: Send
    ) -> None:
        async def send_less(message: Message) -> None:
            if message.get("status", 0) >= FIRST_ERROR_STATUS:
                del MutableHeaders(scope=message)[tracing.TRACE_HEADER]
            await send(message)

        await original(self, scope, get, send_less)


@mutant("one request, one trace_id")
def trace_id_in_a_global() -> None:
    """The trace id is kept in a global: it is that of the request which came last."""
    setattr(tracing, "trace_id", _Global())  # noqa: B010  mypy knows that it is a context variable


@mutant("every log line of a request carries its trace_id")
def trace_id_missing_on_a_log_line() -> None:
    """The line about the end of a batch has no trace id."""

    @instead_of(logs, "complete")
    def complete(original: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
        line = original(*arguments)
        return {**line, "trace_id": None} if line["message"] == "Batch ended" else line


@mutant("trace_id in external API calls")
def trace_id_not_sent_to_the_model() -> None:
    """Calls to models carry the request id alone."""

    @instead_of(tracing, "pass_on")
    async def pass_on(_: object, request: httpx.Request) -> None:
        request.headers[tracing.HEADER] = tracing.request_id.get()
