from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from promdrill_examples.digital_actors import metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

BLOCKS: list[tuple[Callable[..., AbstractContextManager[None]], tuple[str, ...], str]] = [
    (metrics.track_request, ("library", "ghost"), "digital_actors_response_time_seconds"),
    (metrics.track_llm_call, ("google", "gemini-2.5-flash"), "digital_actors_llm_latency_seconds"),
    (metrics.track_tts_call, (), "digital_actors_tts_latency_seconds"),
    (metrics.track_db_query, ("delete",), "digital_actors_db_query_time_seconds"),
]


def added_by(call: Callable[[], object]) -> dict[str, float]:
    """Return what a call adds to each sample but those of buckets, as `name{value,...}`."""
    before = samples()
    call()
    return {name: value - before[name] for name, value in samples().items() if value != before[name]}


def samples() -> dict[str, float]:
    """Return every sample of the registry but those of buckets."""
    return {
        f"{sample.name}{{{','.join(sample.labels.values())}}}": sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


@pytest.mark.parametrize(("helper", "labels", "name"), BLOCKS, ids=[name for _, _, name in BLOCKS])
@pytest.mark.parametrize("raised", [None, RuntimeError, KeyboardInterrupt])
def test_a_block_is_timed_however_it_ends(
    helper: Callable[..., AbstractContextManager[None]],
    labels: tuple[str, ...],
    name: str,
    raised: type[BaseException] | None,
) -> None:
    """What the block raises goes on its way, be it no `Exception`, and a request that raised is an error."""

    def block() -> None:
        now = itertools.count(10, 2.5)
        with helper(*labels, now=lambda: next(now)):
            if raised:
                raise raised

    def run() -> None:
        if raised:
            with pytest.raises(raised):
                block()
        else:
            block()

    status = "error" if raised else "success"
    counted = {f"digital_actors_requests_total{{library,ghost,{status}}}": 1} if helper is metrics.track_request else {}
    told = ",".join(labels)
    assert added_by(run) == {**counted, f"{name}_count{{{told}}}": 1, f"{name}_sum{{{told}}}": 2.5}


def test_an_error_is_counted_once() -> None:
    """By its type."""
    assert added_by(lambda: metrics.track_error("llm_call_error")) == {"digital_actors_errors_total{llm_call_error}": 1}


def test_sessions_are_set_and_not_added_up() -> None:
    """What was said last holds."""

    def say() -> None:
        for count in (5, 3):
            metrics.update_active_sessions(count)

    assert added_by(say) == {"digital_actors_active_sessions{}": 3}
    metrics.update_active_sessions(0)
