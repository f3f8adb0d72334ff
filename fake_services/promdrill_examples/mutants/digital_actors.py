"""The mutants of `digital_actors`."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import product
from typing import TYPE_CHECKING, Any

from prometheus_client import Histogram

from promdrill_examples.digital_actors import api, metrics
from promdrill_examples.digital_actors.stage import Stage
from promdrill_examples.digital_actors.vocabulary import Character, ErrorType, Operation, Provider, Scene, Status
from promdrill_examples.mutants.mechanisms import change, instead_of, mutant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from contextlib import AbstractContextManager

    from promdrill_examples.digital_actors.memory import Role


@mutant("digital_actors_db_query_time_seconds")
def db_inserts_counted_as_updates() -> None:
    """What is remembered for the first time is observed as an update."""
    renamed = {Operation.INSERT: Operation.UPDATE}
    change(metrics, "DB_QUERY_TIME", lambda labels, seconds: ((renamed.get(Operation(labels[0]), labels[0]),), seconds))


@mutant("digital_actors_db_query_time_seconds")
def db_time_in_milliseconds() -> None:
    """The time of a query is observed in milliseconds."""
    change(metrics, "DB_QUERY_TIME", lambda labels, seconds: (labels, 1000 * seconds))


@mutant("digital_actors_errors_total")
def errors_counted_twice() -> None:
    """Each error is counted where it happens and again where it is answered."""
    change(metrics, "ERRORS", lambda labels, amount: (labels, 2 * amount))


@mutant("digital_actors_errors_total")
def errors_of_speech_counted_as_llm_errors() -> None:
    """A synthesis that failed is counted as a failed LLM call."""
    wrong = {ErrorType.TTS_SYNTHESIS: ErrorType.LLM_CALL}
    change(metrics, "ERRORS", lambda labels, amount: ((wrong.get(ErrorType(labels[0]), labels[0]),), amount))


@mutant("digital_actors_errors_total")
def errors_of_validation_not_counted() -> None:
    """A message that makes no sense is not counted as an error."""
    change(metrics, "ERRORS", lambda labels, amount: None if labels == (ErrorType.VALIDATION,) else (labels, amount))


@mutant("digital_actors_llm_latency_seconds")
def llm_failed_calls_not_observed() -> None:
    """The latency of an LLM call that failed is not observed."""

    @contextmanager
    def track_llm_call(provider: str, model: str, now: Callable[[], float] = time.monotonic) -> Iterator[None]:
        start = now()
        yield
        metrics.LLM_LATENCY.labels(provider, model).observe(now() - start)

    metrics.track_llm_call = track_llm_call


@mutant("digital_actors_llm_latency_seconds")
def llm_latency_always_zero() -> None:
    """The latency of each LLM call is observed as 0."""
    change(metrics, "LLM_LATENCY", lambda labels, _: (labels, 0))


@mutant("digital_actors_llm_latency_seconds")
def llm_providers_swapped() -> None:
    """Two providers are swapped: calls of one are observed for the other."""
    other = {Provider.OPENAI: Provider.ANTHROPIC, Provider.ANTHROPIC: Provider.OPENAI}
    change(
        metrics,
        "LLM_LATENCY",
        lambda labels, seconds: ((other.get(Provider(labels[0]), labels[0]), labels[1]), seconds),
    )


@mutant("digital_actors_requests_total")
def requests_failed_counted_as_success() -> None:
    """A message that failed is counted with the status success."""
    change(metrics, "REQUESTS", lambda labels, amount: ((*labels[:2], Status.SUCCESS), amount))


@mutant("digital_actors_requests_total")
def requests_scene_always_harbour() -> None:
    """Every message is counted in the scene harbour."""
    change(metrics, "REQUESTS", lambda labels, amount: ((Scene.HARBOUR, *labels[1:]), amount))


@mutant("digital_actors_response_time_seconds")
def response_buckets_of_the_library() -> None:
    """The buckets of the response time are those of the library, which end at 10 seconds."""
    usual = Histogram(
        "digital_actors_response_time_seconds",
        "From a message to its answer, in seconds.",
        ("scene", "character"),
        registry=None,
    )
    for values in product(Scene, Character):
        usual.labels(*values)
    change(metrics, "RESPONSE_TIME", lambda labels, seconds: (labels, seconds), into=usual)


@mutant("digital_actors_response_time_seconds")
def response_time_in_milliseconds() -> None:
    """The response time is observed in milliseconds."""
    change(metrics, "RESPONSE_TIME", lambda labels, seconds: (labels, 1000 * seconds))


@mutant("digital_actors_active_sessions")
def session_counted_for_each_message() -> None:
    """A session is counted again for each of its messages."""

    @instead_of(Stage, "answer")
    async def answer(
        original: Callable[..., Awaitable[dict[str, Any]]], stage: Stage, role: Role, text: str
    ) -> dict[str, Any]:
        metrics.ACTIVE_SESSIONS.inc()
        return await original(stage, role, text)


@mutant("digital_actors_active_sessions")
def session_kept_after_disconnect() -> None:
    """A session whose visitor vanishes stays counted for ever."""

    @instead_of(Stage, "session")
    @contextmanager
    def session(_: Callable[..., object], stage: Stage) -> Iterator[None]:
        stage.count(1)
        yield
        stage.count(-1)


@mutant("digital_actors_active_sessions")
def session_kept_after_error() -> None:
    """A session in which a message failed stays counted for ever."""
    failed: ContextVar[bool] = ContextVar("failed", default=False)

    @instead_of(Stage, "answer")
    async def answer(
        original: Callable[..., Awaitable[dict[str, Any]]], stage: Stage, role: Role, text: str
    ) -> dict[str, Any]:
        told = await original(stage, role, text)
        failed.set(failed.get() or told["status"] == Status.ERROR)
        return told

    @instead_of(Stage, "session")
    @contextmanager
    def session(_: Callable[..., object], stage: Stage) -> Iterator[None]:
        stage.count(1)
        try:
            yield
        finally:
            stage.count(0 if failed.get() else -1)


@mutant("digital_actors_active_sessions")
def sessions_added_up() -> None:
    """The number of open sessions is added to the gauge and not set."""

    @instead_of(metrics, "update_active_sessions")
    def update_active_sessions(_: Callable[[int], None], count: int) -> None:
        metrics.ACTIVE_SESSIONS.inc(count)


@mutant("authentication on /metrics")
def token_not_checked() -> None:
    """The metrics are open to everybody, token or not."""
    api.may_read_metrics = lambda *_: True


@mutant("digital_actors_errors_total")
def tts_failure_swallowed() -> None:
    """The helper swallows what its block raises: a message without a voice is a success."""

    @instead_of(metrics, "track_tts_call")
    @contextmanager
    def track_tts_call(
        original: Callable[..., AbstractContextManager[None]], now: Callable[[], float]
    ) -> Iterator[None]:
        with suppress(Exception), original(now):
            yield


@mutant("digital_actors_tts_latency_seconds")
def tts_latency_includes_llm() -> None:
    """The clock of the synthesis starts when the model is asked."""
    asked: ContextVar[float] = ContextVar("asked")

    @instead_of(metrics, "track_llm_call")
    @contextmanager
    def track_llm_call(
        original: Callable[..., AbstractContextManager[None]], provider: str, model: str, now: Callable[[], float]
    ) -> Iterator[None]:
        asked.set(now())
        with original(provider, model, now):
            yield

    @instead_of(metrics, "track_tts_call")
    @contextmanager
    def track_tts_call(_: Callable[..., AbstractContextManager[None]], now: Callable[[], float]) -> Iterator[None]:
        try:
            yield
        finally:
            metrics.TTS_LATENCY.observe(now() - asked.get())
