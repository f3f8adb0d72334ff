from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.metric import known_label_sets, metric
from promdrill.contract.records import Metric
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

PROMISED = {
    "type": "counter",
    "labels": {"model": ["a", "b"]},
    "witness": {"ledger": "ollama", "by": {"model": "model"}},
    "source": "doc:5",
}
CONTRACT = {"metrics": {"calls_total": PROMISED}}


def text(*series: str, name: str = "calls_total", type_: str = "counter") -> str:
    """Return an exposition of one family, with these label sets at 1."""
    lines = [f"# HELP {name} Calls.", f"# TYPE {name} {type_}", *(f"{name}{labels} 1" for labels in series), ""]
    return "\n".join(lines)


BOTH = ('{model="a"}', '{model="b"}')
RUNS: dict[str, dict[str, Any]] = {
    "as documented": {"first": text(*BOTH), "last": text(*BOTH)},
    "renamed": {"first": "", "last": text(*BOTH, name="call_total")},
    "gone": {"first": "", "last": text("", name="unlike_it", type_="gauge")},
    "gauge": {"first": text(*BOTH), "last": text(*BOTH, type_="gauge")},
    "other label": {"first": text(*BOTH), "last": text('{model="a",plan="x"}', *BOTH)},
    "no label": {"first": text(*BOTH), "last": text("")},
    "unbounded": {"first": text(*BOTH), "last": text(*BOTH, *(f'{{model="{name}"}}' for name in "cdef"))},
    "late": {"first": text('{model="a"}'), "last": text(*BOTH)},
    "absent at first": {"first": "", "last": text(*BOTH)},
    "lost one": {"first": text(*BOTH), "last": text('{model="b"}')},
    "lost all": {"first": text(*BOTH), "last": text()},
}
EDGES = {"type": "histogram", "buckets": [0.5, 1], "source": "doc:5"}


def histogram(*edges: str) -> str:
    """Return an exposition of one histogram with these buckets."""
    lines = [f'calls_total_bucket{{le="{edge}"}} 1' for edge in edges]
    return "\n".join(["# TYPE calls_total histogram", *lines, "calls_total_sum 1", "calls_total_count 1", ""])


RUNS |= {
    name: {"contract": {"metrics": {"calls_total": EDGES}}, "first": histogram(*edges), "last": histogram(*edges)}
    for name, edges in (("buckets", ("0.5", "1.0", "+Inf")), ("other buckets", ("0.5", "2", "+Inf")))
}
RUNS["a gauge"] = {
    "contract": {"metrics": {"calls_total": {"type": "gauge", "source": "doc:5"}}},
    "first": text("", type_="gauge"),
    "last": text("", type_="gauge"),
}


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one metric."""
    return Facts("metric", "calls_total", status, evidence, Source("docs/shop.md", 5))


EXPECTED = {
    "as documented": result(Status.PASSED, series=2),
    "renamed": result(Status.FAILED, exposed=0),
    "gone": result(Status.FAILED, exposed=0),
    "gauge": result(Status.FAILED, expected="counter", seen="gauge"),
    "other label": result(Status.FAILED, expected=["model"], seen=[["model", "plan"]]),
    "no label": result(Status.FAILED, expected=["model"], seen=[[]]),
    "unbounded": result(Status.FAILED, expected=2, seen=6),
    "late": result(Status.FAILED, expected=2, seen=1),
    "absent at first": result(Status.FAILED, expected=2, seen=0),
    "lost one": result(Status.FAILED, expected=2, seen=1),
    "buckets": result(Status.PASSED, series=1),
    "other buckets": result(Status.FAILED, expected=[0.5, 1.0], seen=[0.5, 2.0]),
    "a gauge": result(Status.PASSED, series=1),
    "lost all": result(Status.FAILED, expected=2, seen=0),
}


@pytest.mark.parametrize("name", RUNS)
def test_metric(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str) -> None:
    """A metric has its documented name, type, labels and values, and all its series from the start to the end."""
    assert facts(metric(evidence_of(name))) == [EXPECTED[name]]


def test_known_label_sets() -> None:
    """The documents allow every combination of the values of all labels; without labels, just the one series."""
    promised = Metric.model_validate({**PROMISED, "labels": {"b": ["1", "2"], "a": ["x"]}})
    assert known_label_sets(promised) == {(("a", "x"), ("b", "1")), (("a", "x"), ("b", "2"))}
    assert known_label_sets(Metric.model_validate({**PROMISED, "labels": {}})) == {()}
