"""The mutants of `aurea_orchestrator`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openai import OpenAI, omit
from opentelemetry.instrumentation import asgi
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from prometheus_client import REGISTRY, Gauge, Histogram

from promdrill_examples import tracing
from promdrill_examples.aurea_orchestrator import measuring, metrics, telemetry, vocabulary
from promdrill_examples.aurea_orchestrator.tasks import LOOK_UP, Orchestrator
from promdrill_examples.aurea_orchestrator.vocabulary import Answer, Endpoint, TaskStatus
from promdrill_examples.mutants.mechanisms import change, instead_of, mutant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from fastapi import FastAPI
    from openai.types.chat import ChatCompletion
    from opentelemetry.metrics import Histogram as OtelHistogram
    from prometheus_client import CollectorRegistry
    from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class _Deaf:
    histogram: OtelHistogram

    def record(self, amount: float, attributes: Mapping[str, Any], context: object = None) -> None:  # noqa: ARG002  the library's signature
        if attributes.get("http.status_code") != Answer.UNHANDLED:
            self.histogram.record(amount, attributes)


@mutant("aurea_active_tasks")
def active_tasks_never_fall() -> None:
    """The active tasks are all that there ever were."""

    @instead_of(Gauge, "dec")
    def dec(_: Callable[..., None], _gauge: Gauge, _amount: float = 1) -> None:
        """Do nothing."""


@mutant("aurea_active_tasks")
def active_tasks_stay_after_errors() -> None:
    """A task that fails is never taken off the active ones."""

    @contextmanager
    def active_task() -> Iterator[None]:
        metrics.ACTIVE_TASKS.inc()
        yield
        metrics.ACTIVE_TASKS.dec()

    setattr(metrics, "active_task", active_task)  # noqa: B010  mypy takes a function of a module for final


@mutant("aurea_llm_cost_usd_total")
def cost_at_a_stale_price() -> None:
    """The price of gpt-4 is last year's."""
    vocabulary.DOLLARS_PER_1K_TOKENS[vocabulary.Model.GPT_4] = 0.06


@mutant("aurea_llm_cost_usd_total")
def cost_in_whole_cents() -> None:
    """The cost of each task is rounded to cents."""
    change(metrics, "COST", lambda labels, dollars: (labels, round(dollars, 2)))


@mutant("aurea_active_tasks")
def event_loop_blocked() -> None:
    """Tasks call their model with the client that blocks, on the event loop: one at a time, and no scrape meanwhile."""

    @instead_of(Orchestrator, "_ask")
    async def ask(
        _: object, self: Orchestrator, model: str, prompt: str, max_tokens: int | None, *, with_tools: bool
    ) -> ChatCompletion:
        client = OpenAI(base_url=self._openai.base_url, api_key=self._openai.api_key, max_retries=0)
        return client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": prompt}],
            max_tokens=max_tokens,
            tools=[LOOK_UP] if with_tools else omit,
            extra_headers=tracing.headers(),
        )


@mutant("aurea_request_latency_seconds")
def latency_bounds_changed() -> None:
    """The buckets of the latency end at 1 s: a quantile above it cannot be seen."""
    bounds = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0)
    short = Histogram(
        "aurea_request_latency_seconds", "Request processing latency.", ("endpoint",), buckets=bounds, registry=None
    )
    for endpoint in Endpoint:
        short.labels(endpoint)
    change(metrics, "REQUEST_LATENCY", lambda labels, seconds: (labels, seconds), into=short)


@mutant("aurea_request_latency_seconds")
def latency_in_milliseconds() -> None:
    """The latency is observed in milliseconds."""
    change(metrics, "REQUEST_LATENCY", lambda labels, seconds: (labels, seconds * 1000))


@mutant("aurea_request_latency_seconds")
def latency_of_successes_only() -> None:
    """The latency of a failed task is not observed."""

    @instead_of(metrics, "record_request")
    def record_request(original: Callable[..., None], method: str, endpoint: str, status: int, seconds: float) -> None:
        if (endpoint, status) == (Endpoint.TASKS, Answer.REFUSED_BY_MODEL):
            metrics.HTTP_REQUESTS.labels(method, endpoint, status).inc()
        else:
            original(method, endpoint, status, seconds)


@mutant("aurea_request_latency_seconds")
def latency_when_a_request_comes() -> None:
    """The latency is observed when a request comes, before anything is done."""
    change(metrics, "REQUEST_LATENCY", lambda labels, _seconds: (labels, 0.0))


@mutant("aurea_http_requests_total")
def not_found_under_raw_paths() -> None:
    """Paths that no route serves are counted as they are."""

    @instead_of(measuring, "endpoint_of")
    def endpoint_of(original: Callable[..., str], scope: Scope) -> str:
        endpoint = original(scope)
        return str(scope["path"]) if endpoint == Endpoint.UNMATCHED else endpoint


@mutant("FastAPI auto-instrumentation")
def otel_exceptions_missing() -> None:
    """OpenTelemetry records nothing of a request that ends in an unhandled exception."""

    @instead_of(OpenTelemetryMiddleware, "__init__")
    def create(original: Callable[..., None], self: OpenTelemetryMiddleware, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  whatever it takes
        original(self, *arguments, **named)
        if self.duration_histogram_old is not None:
            self.duration_histogram_old = _Deaf(self.duration_histogram_old)


@mutant("FastAPI auto-instrumentation")
def otel_raw_paths() -> None:
    """OpenTelemetry takes the path of a request for its route: one histogram for each task."""

    @instead_of(asgi, "_collect_target_attribute")
    def target(_: Callable[..., str | None], scope: Mapping[str, Any]) -> str:
        return str(scope["path"])


@mutant("FastAPI auto-instrumentation")
def otel_registry_not_scraped() -> None:
    """OpenTelemetry exports to the global registry, which the endpoint does not serve."""

    @instead_of(telemetry, "instrument")
    def instrument(original: Callable[..., None], app: FastAPI, _: CollectorRegistry) -> None:
        original(app, REGISTRY)


@mutant("aurea_http_requests_total")
def requests_of_monitoring_counted() -> None:
    """Scrapes and health checks are counted as requests."""
    measuring.OWN_ENDPOINTS = ("/",)


@mutant("aurea_http_requests_total")
def requests_refused_not_counted() -> None:
    """A request with bad input is not counted."""
    change(
        metrics, "HTTP_REQUESTS", lambda labels, amount: None if int(labels[2]) == Answer.INVALID else (labels, amount)
    )


@mutant("aurea_http_requests_total")
def requests_that_raise_not_counted() -> None:
    """A request that ends in an unhandled exception is not counted."""
    change(
        metrics,
        "HTTP_REQUESTS",
        lambda labels, amount: None if int(labels[2]) == Answer.UNHANDLED else (labels, amount),
    )


@mutant("aurea_http_requests_total")
def requests_with_class_of_status() -> None:
    """Requests are counted by the class of their status: 4xx, 5xx."""

    @instead_of(metrics, "record_request")
    def record_request(original: Callable[..., None], method: str, endpoint: str, status: int, seconds: float) -> None:
        original(method, endpoint, f"{status // 100}xx", seconds)


@mutant("aurea_tasks_total")
def tasks_absent_until_first() -> None:
    """The count of tasks is absent for a model and a status until its first task."""
    metrics.TASKS.clear()


@mutant("aurea_tasks_total")
def tasks_failed_counted_as_completed() -> None:
    """A task that failed is counted as completed: its request was answered, after all."""
    change(metrics, "TASKS", lambda labels, amount: ((labels[0], TaskStatus.COMPLETED), amount))


@mutant("aurea_tasks_total")
def tasks_failed_not_counted() -> None:
    """A task that failed is not counted."""
    change(metrics, "TASKS", lambda labels, amount: None if labels[1] == TaskStatus.FAILED else (labels, amount))


@mutant("aurea_llm_tokens_total")
def tokens_estimated() -> None:
    """Tokens are estimated as a quarter of the characters, and not read from the answer."""

    @instead_of(Orchestrator, "_ask")
    async def ask(
        original: Callable[..., Awaitable[ChatCompletion]],
        self: Orchestrator,
        model: str,
        prompt: str,
        *order: object,
        **named: object,
    ) -> ChatCompletion:
        completion = await original(self, model, prompt, *order, **named)
        if completion.usage:
            completion.usage.total_tokens = (len(prompt) + len(completion.choices[0].message.content or "")) // 4
        return completion


@mutant("aurea_llm_tokens_total")
def tokens_of_the_answer_only() -> None:
    """The tokens of the prompt are not counted."""

    @instead_of(Orchestrator, "_ask")
    async def ask(
        original: Callable[..., Awaitable[ChatCompletion]], *order: object, **named: object
    ) -> ChatCompletion:
        completion = await original(*order, **named)
        if completion.usage:
            completion.usage.total_tokens = completion.usage.completion_tokens
        return completion


@mutant("aurea_llm_tokens_total")
def tokens_under_the_wrong_model() -> None:
    """Tokens of gpt-4 are counted for gpt-3.5-turbo, and the other way round."""
    swapped = {"gpt-4": "gpt-3.5-turbo", "gpt-3.5-turbo": "gpt-4"}
    change(metrics, "TOKENS", lambda labels, tokens: ((swapped.get(labels[0], labels[0]),), tokens))
