from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from promdrill.evidence.exposition import Family, Sample, buckets, parse

COUNTER = """\
# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{model="a"} 1.0
"""
FAMILY = Family("calls_total", "counter", "Calls.", (Sample("calls_total", (("model", "a"),), 1.0),))


def test_counter() -> None:
    """A counter keeps its whole name, its type, its help and its samples."""
    found = parse(200, "text/plain", COUNTER)
    assert (found.status, found.content_type, found.text) == (200, "text/plain", COUNTER)
    assert (dict(found.families), found.problems) == ({"calls_total": FAMILY}, ())


def test_client_library() -> None:
    """What the Python client library exposes is read whole: names, types and label sets."""
    registry = CollectorRegistry()
    Counter("calls", "Calls.", ["model"], registry=registry).labels("a").inc()
    Gauge("size", "Size.", registry=registry).set(math.nan)
    Histogram("call_seconds", "Seconds.", ["model"], registry=registry, buckets=(0.5, 1)).labels("a").observe(0.7)
    found = parse(200, "text/plain", generate_latest(registry).decode())
    types = {name: family.type for name, family in found.families.items() if not name.endswith("_created")}
    assert (types, found.problems) == (
        {"calls_total": "counter", "size": "gauge", "call_seconds": "histogram"},
        (),
    )
    assert found.families["call_seconds"].label_sets() == {(("model", "a"),)}
    assert buckets(found.families["call_seconds"], (("model", "a"),)) == [(0.5, 0), (1.0, 1), (math.inf, 1)]
    assert math.isnan(found.families["size"].samples[0].value)


@pytest.mark.parametrize(
    "line",
    [
        'calls_total{model="x"}} 1',
        'calls_total{model="x} 1',
        "calls_total{model=x} 1",
        "calls_total",
        "calls_total one",
        "<html><body>Internal Server Error</body></html>",
        "{} 1",
        "# TYPE other stopwatch",
        "# TYPE other",
    ],
)
def test_malformed_line(line: str) -> None:
    """A malformed line is a problem with its number, and the lines around it are still read."""
    found = parse(200, "text/plain", f"{COUNTER}{line}\nsize 2\n")
    assert [problem[:2] for problem in found.problems] == [(4, line)]
    assert set(found.families) == {"calls_total", "size"}


def test_duplicate() -> None:
    """A series that stands twice is a problem of the second line, in whatever order its labels are."""
    found = parse(200, "text/plain", 'x{a="1",b="2"} 1\ny 1\nx{b="2",a="1"} 1\n')
    assert found.problems == ((3, 'x{b="2",a="1"} 1', 'x{a="1", b="2"} is already on line 1'),)


def test_no_metadata() -> None:
    """A family without HELP and TYPE is untyped and has no help."""
    assert parse(200, "", "calls_total 1\n").families == {
        "calls_total": Family("calls_total", "untyped", "", (Sample("calls_total", (), 1.0),))
    }


def test_counter_without_the_suffix() -> None:
    """A counter that is exposed without `_total` keeps the name that it is exposed with."""
    [family] = parse(200, "", "# TYPE calls counter\ncalls 1\n").families.values()
    assert (family.name, family.type) == ("calls", "counter")


@pytest.mark.parametrize(("text", "value"), [("+Inf", math.inf), ("-Inf", -math.inf), ("1e3", 1000), ("0", 0)])
def test_values(text: str, value: float) -> None:
    """Every way in which the format writes a number is read."""
    [family] = parse(200, "", f"x {text}\n").families.values()
    assert family.samples == (Sample("x", (), value),)


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n"])
def test_nothing(text: str) -> None:
    """No line, empty lines and comments are no families and no problems."""
    found = parse(200, "", text)
    assert (dict(found.families), found.problems) == ({}, ())


def test_label_sets() -> None:
    """`le` and `quantile` are not labels of a series as a document counts them."""
    text = '# TYPE s summary\ns{quantile="0.5",m="a"} 1\ns{quantile="0.9",m="a"} 2\ns_sum{m="a"} 3\ns_count{m="a"} 2\n'
    [family] = parse(200, "", text).families.values()
    assert family.label_sets() == {(("m", "a"),)}
