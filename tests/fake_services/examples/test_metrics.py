from __future__ import annotations

import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.metrics import (
    LLMMetrics,
    RetentionMetrics,
    StorageMetrics,
    TTSMetrics,
    VideoMetrics,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LABELS = {
    "model": ("llama3.2:1b", "mistral:7b"),
    "artifact_type": ("voiceover", "video_clip", "storyboard_image", "blog"),
    "operation": ("put", "get", "delete"),
    "renderer": ("remotion", "ffmpeg", "manual"),
    "provider": ("elevenlabs", "gtts", "piper"),
    "plan": ("free", "pro", "enterprise", "gdpr"),
}
COUNTERS = {
    "llm_calls": ("model",),
    "llm_failures": ("model",),
    "storage_put": ("artifact_type",),
    "storage_get": ("artifact_type",),
    "storage_delete": ("artifact_type",),
    "storage_bytes_written": ("artifact_type",),
    "storage_bytes_read": ("artifact_type",),
    "storage_bytes_deleted": ("artifact_type",),
    "storage_failures": ("artifact_type", "operation"),
    "video_renders": ("renderer",),
    "video_render_failures": ("renderer",),
    "tts_jobs": ("provider",),
    "tts_failures": ("provider",),
    "tts_characters": ("provider",),
    "retention_deletes": ("plan",),
    "retention_bytes_freed": ("plan",),
    "retention_cleanup_runs": (),
    "retention_cleanup_items": (),
    "retention_cleanup_bytes": (),
}
HISTOGRAMS = {
    "llm_call_seconds": ("model",),
    "video_render_seconds": ("renderer",),
    "tts_seconds": ("provider",),
    "retention_cleanup_seconds": (),
}


def series() -> dict[str, float]:
    """Return all series but buckets as `name{value,...}`."""
    return {
        f"{sample.name}{{{','.join(sample.labels.values())}}}": sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def added_by(call: Callable[..., None], *arguments: object, **named: object) -> dict[str, float]:
    """Return what a call adds to each series."""
    before = series()
    call(*arguments, **named)
    return {name: value - before.get(name, 0.0) for name, value in series().items() if value != before.get(name)}


def test_every_metric_and_label_set_is_exposed_at_zero_from_the_start() -> None:
    """A fresh process exposes 23 metrics, with HELP, all known label sets, each at 0, and nothing else."""
    code = "from promdrill_examples.content_creation_crew import metrics; print(metrics.exposition().decode())"
    text = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    seen = {
        family.name: (
            family.type,
            {
                tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
                for sample in family.samples
            },
            {sample.value for sample in family.samples},
            family.documentation != "",
        )
        for family in text_string_to_metric_families(text)
    }
    expected = {
        name: (
            kind,
            {tuple(sorted(zip(labels, values, strict=True))) for values in product(*(LABELS[each] for each in labels))},
            {0.0},
            True,
        )
        for kind, table in (("counter", COUNTERS), ("histogram", HISTOGRAMS))
        for name, labels in table.items()
    }
    assert seen == expected


@pytest.mark.parametrize(
    ("histogram", "edge"), [("LLM_SECONDS", 60.0), ("VIDEO_SECONDS", 300.0), ("TTS_SECONDS", 30.0)]
)
def test_the_threshold_of_each_alert_is_an_edge_of_its_buckets(histogram: str, edge: float) -> None:
    """Whether a duration is above a threshold of an alert can be told exactly."""
    [family] = getattr(metrics, histogram).collect()
    assert str(edge) in {sample.labels.get("le") for sample in family.samples}


@pytest.mark.parametrize(
    ("call", "arguments", "success", "failure"),
    [
        (
            LLMMetrics.record_call,
            ("mistral:7b", 0.5),
            {"llm_calls_total{mistral:7b}": 1},
            {"llm_calls_total{mistral:7b}": 1, "llm_failures_total{mistral:7b}": 1},
        ),
        (
            StorageMetrics.record_put,
            ("blog", 7),
            {"storage_put_total{blog}": 1, "storage_bytes_written_total{blog}": 7},
            {"storage_put_total{blog}": 1, "storage_failures_total{blog,put}": 1},
        ),
        (
            StorageMetrics.record_get,
            ("voiceover", 7),
            {"storage_get_total{voiceover}": 1, "storage_bytes_read_total{voiceover}": 7},
            {"storage_get_total{voiceover}": 1, "storage_failures_total{voiceover,get}": 1},
        ),
        (
            StorageMetrics.record_delete,
            ("video_clip", 7),
            {"storage_delete_total{video_clip}": 1, "storage_bytes_deleted_total{video_clip}": 7},
            {"storage_delete_total{video_clip}": 1, "storage_failures_total{video_clip,delete}": 1},
        ),
        (
            VideoMetrics.record_render,
            ("manual", 0.5),
            {"video_renders_total{manual}": 1},
            {"video_renders_total{manual}": 1, "video_render_failures_total{manual}": 1},
        ),
        (
            TTSMetrics.record_synthesis,
            ("piper", 0.5),
            {"tts_jobs_total{piper}": 1},
            {"tts_jobs_total{piper}": 1, "tts_failures_total{piper}": 1},
        ),
    ],
)
def test_a_helper_counts_the_attempt_and_either_what_it_did_or_its_failure(
    call: Callable[..., None], arguments: tuple[object, ...], success: dict[str, float], failure: dict[str, float]
) -> None:
    """Failed operations are counted and observed, and add no bytes."""
    histogram = {
        LLMMetrics.record_call: "llm_call_seconds",
        VideoMetrics.record_render: "video_render_seconds",
        TTSMetrics.record_synthesis: "tts_seconds",
    }.get(call)
    observed = (
        {f"{histogram}_count{{{arguments[0]}}}": 1.0, f"{histogram}_sum{{{arguments[0]}}}": 0.5} if histogram else {}
    )
    assert added_by(call, *arguments) == {**success, **observed}
    assert added_by(call, *arguments, success=True) == {**success, **observed}
    assert added_by(call, *arguments, success=False) == {**failure, **observed}


def test_characters_count_only_if_the_synthesis_succeeded() -> None:
    """A provider charges for speech that it delivered."""
    characters = "tts_characters_total{gtts}"
    assert added_by(TTSMetrics.record_synthesis, "gtts", 0.5, characters=12)[characters] == 12
    assert characters not in added_by(TTSMetrics.record_synthesis, "gtts", 0.5, success=False, characters=12)


def test_the_timer_records_what_its_clock_says() -> None:
    """A block is one call, as long as the clock says that it took."""

    def block() -> None:
        ticks = iter((10.0, 12.5))
        with LLMMetrics.timer("mistral:7b", lambda: next(ticks)):
            pass

    assert added_by(block) == {
        "llm_calls_total{mistral:7b}": 1,
        "llm_call_seconds_count{mistral:7b}": 1,
        "llm_call_seconds_sum{mistral:7b}": 2.5,
    }


@pytest.mark.parametrize("raised", [RuntimeError, KeyboardInterrupt])
def test_a_timed_block_that_raises_is_a_failed_call(raised: type[BaseException]) -> None:
    """Even what is no `Exception`, such as a cancellation, is counted and passed on."""

    def block() -> None:
        ticks = iter((0.0, 1.0))
        with pytest.raises(raised), LLMMetrics.timer("mistral:7b", lambda: next(ticks)):
            raise raised

    assert added_by(block) == {
        "llm_calls_total{mistral:7b}": 1,
        "llm_failures_total{mistral:7b}": 1,
        "llm_call_seconds_count{mistral:7b}": 1,
        "llm_call_seconds_sum{mistral:7b}": 1.0,
    }


def test_the_retention_helpers_count_by_plan_and_by_run() -> None:
    """Deletes count for a plan, runs for all."""
    assert added_by(RetentionMetrics.record_delete, "gdpr", 3, 4096) == {
        "retention_deletes_total{gdpr}": 3,
        "retention_bytes_freed_total{gdpr}": 4096,
    }
    assert added_by(RetentionMetrics.record_cleanup_run, 1.5, 3, 4096) == {
        "retention_cleanup_runs_total{}": 1,
        "retention_cleanup_items_total{}": 3,
        "retention_cleanup_bytes_total{}": 4096,
        "retention_cleanup_seconds_count{}": 1,
        "retention_cleanup_seconds_sum{}": 1.5,
    }
