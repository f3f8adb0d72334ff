"""The mutants of `content_creation_crew`."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter as Tally
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from itertools import product
from threading import Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from promdrill_examples import tracing
from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.storage import Storage, Stored
from promdrill_examples.content_creation_crew.vocabulary import ArtifactType, Model
from promdrill_examples.mutants.mechanisms import Labels, change, instead_of, mutant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill_examples.content_creation_crew.settings import Settings
    from promdrill_examples.content_creation_crew.vocabulary import Plan
    from promdrill_fakes.clock import Clock

KEPT_SECONDS = 30
FATAL_CALL = 15
Put = Callable[..., Awaitable[Stored]]


@mutant("llm_calls_total")
def exposition_30_seconds_old() -> None:
    """The endpoint serves a copy that is up to 30 s old."""
    copy, taken = b"", float("-inf")

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        nonlocal copy, taken
        if time.monotonic() - taken > KEPT_SECONDS:
            copy, taken = original(), time.monotonic()
        return copy


@mutant("tts_jobs_total")
def exposition_duplicate_series() -> None:
    """One series is exposed twice, with two values."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return re.sub(rb"(tts_jobs_total{.*}) .*\n", rb"\g<0>\1 1.0\n", original(), count=1)


@mutant("storage_get_total")
def exposition_help_and_type_missing() -> None:
    """HELP and TYPE of one metric are missing."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return re.sub(rb"# (HELP|TYPE) storage_get_total .*\n", b"", original())


@mutant("llm_calls_total")
def exposition_malformed_line() -> None:
    """One line ends in two braces: `llm_calls_total{model="x"}} 1`."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return original() + b'llm_calls_total{model="x"}} 1\n'


@mutant("llm_calls_total")
def llm_call_counted_twice() -> None:
    """Each LLM call is counted twice."""
    change(metrics, "LLM_CALLS", lambda labels, amount: (labels, 2 * amount))


@mutant("llm_calls_total")
def llm_calls_renamed() -> None:
    """The count of LLM calls is exposed as llm_requests_total."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return original().replace(b"llm_calls_total", b"llm_requests_total")


@mutant("llm_calls_total")
def llm_counter_resets() -> None:
    """The count of LLM calls goes back to 0 once, at the 15th call of a model."""
    counter = metrics.LLM_CALLS
    calls: Tally[str] = Tally()

    def forget(labels: Labels, amount: float) -> tuple[Labels, float]:
        calls[labels[0]] += 1
        if calls[labels[0]] == FATAL_CALL:
            counter.labels(*labels).reset()
        return labels, amount

    change(metrics, "LLM_CALLS", forget)


@mutant("llm_call_seconds")
def llm_duration_always_zero() -> None:
    """The duration of each LLM call is observed as 0."""
    change(metrics, "LLM_SECONDS", lambda labels, _seconds: (labels, 0.0))


@mutant("llm_call_seconds")
def llm_failed_calls_not_observed() -> None:
    """The duration of a failed LLM call is not observed."""

    @instead_of(metrics.LLMMetrics, "record_call")
    def record_call(original: Callable[..., None], model: str, duration: float, *, success: bool = True) -> None:
        if success:
            original(model, duration)
        else:
            metrics.LLM_CALLS.labels(model).inc()
            metrics.LLM_FAILURES.labels(model).inc()


@mutant("llm_failures_total")
def llm_failures_absent_until_first() -> None:
    """The count of LLM failures is absent for a model until its first failure."""
    metrics.LLM_FAILURES.clear()


@mutant("llm_calls_total")
def llm_failures_missing_from_calls() -> None:
    """A failed LLM call is counted as a failure, but not as a call."""

    @instead_of(metrics.LLMMetrics, "record_call")
    def record_call(original: Callable[..., None], model: str, duration: float, *, success: bool = True) -> None:
        if success:
            original(model, duration)
        else:
            metrics.LLM_FAILURES.labels(model).inc()
            metrics.LLM_SECONDS.labels(model).observe(duration)


@mutant("llm_failures_total")
def llm_failures_not_counted() -> None:
    """A failed LLM call is not counted as a failure."""
    change(metrics, "LLM_FAILURES", lambda _labels, _amount: None)


@mutant("llm_failures_total")
def llm_failures_typed_gauge() -> None:
    """The count of LLM failures is exposed as a gauge."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return original().replace(b"# TYPE llm_failures_total counter", b"# TYPE llm_failures_total gauge")


@mutant("llm_call_seconds")
def llm_milliseconds_for_seconds() -> None:
    """The duration of LLM calls is observed in milliseconds."""
    change(metrics, "LLM_SECONDS", lambda labels, seconds: (labels, 1000 * seconds))


@mutant("llm_calls_total")
def llm_model_label_dropped() -> None:
    """LLM calls are counted without the model label."""
    unlabelled = Counter("llm_calls_total", "LLM calls, failed ones included.", registry=None)
    change(metrics, "LLM_CALLS", lambda _labels, amount: ((), amount), into=unlabelled)


@mutant("llm_calls_total")
def llm_models_swapped() -> None:
    """Two models are swapped: calls of one are counted for the other."""
    llama, mistral = Model
    other: dict[str, str] = {llama: mistral, mistral: llama}
    change(metrics, "LLM_CALLS", lambda labels, amount: ((other[labels[0]],), amount))


@mutant("llm_call_seconds")
def llm_observations_all_in_inf() -> None:
    """The bounds of the LLM buckets are microseconds: every observation lands in +Inf."""
    bounds = [bound / 1e6 for bound in (1, 2, 5, 10, 20, 30, 60, 120)]
    blind = Histogram("llm_call_seconds", "Duration of LLM calls.", ("model",), buckets=bounds, registry=None)
    change(metrics, "LLM_SECONDS", lambda labels, seconds: (labels, seconds), into=blind)


@mutant("llm_call_seconds")
def llm_quantile_gauges() -> None:
    """Gauges with a quantile label stand in place of the histogram of LLM calls."""
    durations: defaultdict[str, list[float]] = defaultdict(list)

    class Quantiles(Collector):
        def collect(self) -> Iterator[GaugeMetricFamily]:
            gauge = GaugeMetricFamily("llm_call_seconds", "Duration of LLM calls.", labels=("model", "quantile"))
            for (model, seconds), quantile in product(durations.items(), (0.5, 0.95, 0.99)):
                gauge.add_metric((model, str(quantile)), sorted(seconds)[int(quantile * len(seconds))])
            yield gauge

    metrics.REGISTRY.unregister(metrics.LLM_SECONDS)
    metrics.REGISTRY.register(Quantiles())
    change(metrics, "LLM_SECONDS", lambda labels, seconds: durations[labels[0]].append(seconds))


@mutant("llm_calls_total")
def llm_request_id_as_label() -> None:
    """LLM calls carry the request's id as a label: one series for each request."""
    labelled = Counter("llm_calls_total", "LLM calls, failed ones included.", ("model", "request_id"), registry=None)
    change(metrics, "LLM_CALLS", lambda labels, amount: ((*labels, tracing.request_id.get()), amount), into=labelled)


@mutant("llm_failures_total")
def llm_success_counted_as_failure() -> None:
    """Every fifth LLM call is counted as a failure, whatever came of it."""
    calls = itertools.count(1)

    @instead_of(metrics.LLMMetrics, "record_call")
    def record_call(original: Callable[..., None], model: str, duration: float, *, success: bool = True) -> None:
        original(model, duration, success=success and next(calls) % 5 != 0)


@mutant("llm_calls_total")
def llm_updates_lost() -> None:
    """The count of LLM calls is read, and written 50 ms later: updates in between are lost."""
    counter = metrics.LLM_CALLS
    written: defaultdict[str, float] = defaultdict(float)

    def write(model: str, value: float) -> None:
        written[model] = value
        counter.labels(model).reset()
        counter.labels(model).inc(value)

    def read(labels: Labels, amount: float) -> None:
        later = Timer(0.05, write, (labels[0], written[labels[0]] + amount))
        later.daemon = True
        later.start()

    change(metrics, "LLM_CALLS", read)


@mutant("llm_call_seconds")
def llm_window_of_20_observations() -> None:
    """The histogram of LLM calls holds a model's last 20 observations only (real ones hold 1,000: the same, later)."""
    histogram = metrics.LLM_SECONDS
    windows: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=20))

    def slide(labels: Labels, seconds: float) -> None:
        windows[labels[0]].append(seconds)
        histogram.remove(*labels)
        for kept in windows[labels[0]]:
            histogram.labels(*labels).observe(kept)

    change(metrics, "LLM_SECONDS", slide)


@mutant("retention_cleanup_bytes_total")
def retention_bytes_of_last_run_only() -> None:
    """The bytes of all clean-up runs are those of the last run."""
    counter = metrics.CLEANUP_BYTES

    def overwrite(labels: Labels, size: float) -> tuple[Labels, float]:
        counter.reset()
        return labels, size

    change(metrics, "CLEANUP_BYTES", overwrite)


@mutant("retention_cleanup_seconds")
def retention_duration_always_zero() -> None:
    """The duration of each clean-up run is observed as 0."""
    change(metrics, "CLEANUP_SECONDS", lambda labels, _seconds: (labels, 0.0))


@mutant("retention_bytes_freed_total")
def retention_freed_bytes_counted_twice() -> None:
    """The bytes that the clean-up frees are counted twice for their plan."""
    change(metrics, "RETENTION_BYTES_FREED", lambda labels, size: (labels, 2 * size))


@mutant("retention_cleanup_runs_total")
def retention_idle_runs_not_counted() -> None:
    """A clean-up run that found nothing to delete is not counted."""

    @instead_of(metrics.RetentionMetrics, "record_cleanup_run")
    def record_cleanup_run(original: Callable[..., None], duration: float, total_items: int, total_bytes: int) -> None:
        if total_items:
            original(duration, total_items, total_bytes)


@mutant("retention_cleanup_items_total")
def retention_items_count_runs() -> None:
    """Each clean-up run counts as one item."""
    change(metrics, "CLEANUP_ITEMS", lambda labels, _items: (labels, 1.0))


@mutant("retention_deletes_total")
def retention_plan_always_gdpr() -> None:
    """What the clean-up deletes is counted for the plan gdpr, whoever it was for."""
    change(metrics, "RETENTION_DELETES", lambda _labels, items: (("gdpr",), items))


@mutant("retention_cleanup_runs_total")
def retention_runs_absent_until_first() -> None:
    """The count of clean-up runs is absent until the first run."""

    @instead_of(metrics, "exposition")
    def exposition(original: Callable[[], bytes]) -> bytes:
        return re.sub(rb"(# .* retention_cleanup_runs_total .*\n)*retention_cleanup_runs_total 0.0\n", b"", original())


@mutant("storage_bytes_written_total")
def storage_bytes_of_failed_puts_counted() -> None:
    """The bytes of a failed put are counted as written."""

    @instead_of(metrics.StorageMetrics, "record_put")
    def record_put(original: Callable[..., None], artifact_type: str, size: int, *, success: bool = True) -> None:
        original(artifact_type, size, success=success)
        if not success:
            metrics.STORAGE_BYTES_WRITTEN.labels(artifact_type).inc(size)


@mutant("storage_bytes_written_total")
def storage_characters_for_bytes() -> None:
    """The characters of a blog are counted as its bytes."""
    written = metrics.STORAGE_BYTES_WRITTEN
    change(metrics, "STORAGE_BYTES_WRITTEN", lambda labels, size: None if labels == ("blog",) else (labels, size))

    @instead_of(Storage, "put")
    async def put(original: Put, self: Storage, kind: str, *order: *tuple[Plan, bytes, float | None]) -> Stored:
        stored = await original(self, kind, *order)
        if kind == "blog":
            written.labels(kind).inc(len(order[1].decode(errors="replace")))
        return stored


@mutant("storage_delete_total")
def storage_deletes_under_wrong_type() -> None:
    """Each delete is counted under another artifact type."""
    types = [str(kind) for kind in ArtifactType]
    wrong = dict(zip(types, types[1:] + types[:1], strict=True))
    change(metrics, "STORAGE_DELETES", lambda labels, amount: ((wrong[labels[0]],), amount))


@mutant("storage_get_total")
def storage_failures_missing_from_gets() -> None:
    """A failed get is counted as a failure, but not as a get."""

    @instead_of(metrics.StorageMetrics, "record_get")
    def record_get(original: Callable[..., None], artifact_type: str, size: int = 0, *, success: bool = True) -> None:
        if success:
            original(artifact_type, size)
        else:
            metrics.STORAGE_FAILURES.labels(artifact_type, "get").inc()


@mutant("storage_failures_total")
def storage_failures_under_wrong_operation() -> None:
    """A failed get or delete is counted as a failed put."""
    change(metrics, "STORAGE_FAILURES", lambda labels, amount: ((labels[0], "put"), amount))


@mutant("storage_bytes_deleted_total")
def storage_freed_bytes_counted_twice() -> None:
    """The bytes that a delete frees are counted twice."""
    change(metrics, "STORAGE_BYTES_DELETED", lambda labels, size: (labels, 2 * size))


@mutant("storage_bytes_read_total")
def storage_kilobytes_for_bytes() -> None:
    """The bytes read are counted in whole kilobytes."""
    change(metrics, "STORAGE_BYTES_READ", lambda labels, size: (labels, size // 1024))


@mutant("storage_bytes_read_total")
def storage_read_bytes_counted_twice() -> None:
    """The bytes of each get are counted twice, as if its HEAD had carried them too."""
    change(metrics, "STORAGE_BYTES_READ", lambda labels, size: (labels, 2 * size))


@mutant("storage_put_total")
def storage_retries_counted() -> None:
    """Each try of a put is counted: retries that boto3 makes are puts, too."""

    def count_retry(request: Any, **_: object) -> None:  # noqa: ANN401  botocore has no types
        if "attempt=1" not in str(request.headers["amz-sdk-request"]):
            _bucket, artifact_type, *_ = urlsplit(request.url).path.strip("/").split("/")
            metrics.STORAGE_PUTS.labels(artifact_type).inc()

    @instead_of(Storage, "__init__")
    def create(original: Callable[..., None], self: Storage, settings: Settings, clock: Clock) -> None:
        original(self, settings, clock)
        self._s3.meta.events.register("before-send.s3.PutObject", count_retry)


@mutant("tts_seconds")
def tts_duration_rounded_down() -> None:
    """The duration of a synthesis is observed in tens of seconds, rounded down."""
    change(metrics, "TTS_SECONDS", lambda labels, seconds: (labels, seconds // 10 * 10))


@mutant("tts_failures_total")
def tts_failure_counted_twice() -> None:
    """A failed synthesis is counted twice as a failure."""
    change(metrics, "TTS_FAILURES", lambda labels, amount: (labels, 2 * amount))


@mutant("tts_characters_total")
def tts_job_counted_as_1000_characters() -> None:
    """Each synthesis is counted as 1,000 characters."""
    change(metrics, "TTS_CHARACTERS", lambda labels, _characters: (labels, 1000.0))


@mutant("tts_jobs_total")
def tts_provider_in_wrong_case() -> None:
    """The provider label is capitalized: Elevenlabs, Gtts, Piper."""
    change(metrics, "TTS_JOBS", lambda labels, amount: ((labels[0].capitalize(),), amount))


@mutant("tts_failures_total")
def tts_storage_failure_counted() -> None:
    """A voiceover that could not be stored is counted as a failed synthesis."""

    @instead_of(metrics.StorageMetrics, "record_put")
    def record_put(original: Callable[..., None], artifact_type: str, size: int, *, success: bool = True) -> None:
        original(artifact_type, size, success=success)
        if artifact_type == "voiceover" and not success:
            metrics.TTS_FAILURES.labels("elevenlabs").inc()


@mutant("llm_prompt_characters_total")
def undocumented_metric() -> None:
    """A metric is exposed that no document mentions."""
    Counter("llm_prompt_characters_total", "Characters sent to models.", registry=metrics.REGISTRY)


@mutant("video_renders_total")
def video_failed_fetch_counted_as_render() -> None:
    """A clip that cannot be fetched is counted as a render."""

    @instead_of(metrics.StorageMetrics, "record_get")
    def record_get(original: Callable[..., None], artifact_type: str, size: int = 0, *, success: bool = True) -> None:
        original(artifact_type, size, success=success)
        if artifact_type == "video_clip" and not success:
            metrics.VIDEO_RENDERS.labels("ffmpeg").inc()


@mutant("video_render_failures_total")
def video_failure_counted_as_storage_failure() -> None:
    """A failed render is counted as a storage failure."""

    @instead_of(metrics.VideoMetrics, "record_render")
    def record_render(original: Callable[..., None], renderer: str, duration: float, *, success: bool = True) -> None:
        original(renderer, duration)
        if not success:
            metrics.STORAGE_FAILURES.labels("video_clip", "put").inc()


@mutant("video_render_seconds")
def video_minutes_for_seconds() -> None:
    """The duration of renders is observed in minutes."""
    change(metrics, "VIDEO_SECONDS", lambda labels, seconds: (labels, seconds / 60))


@mutant("video_renders_total")
def video_renderer_always_ffmpeg() -> None:
    """Every render is counted for ffmpeg."""
    change(metrics, "VIDEO_RENDERS", lambda _labels, amount: (("ffmpeg",), amount))
