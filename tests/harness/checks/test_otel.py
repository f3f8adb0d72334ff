from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.otel import otel
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

NAME = "http_server_duration_milliseconds"
PROMISED = {
    "subject": "auto-instrumentation",
    "metric": NAME,
    "per_second": 1000,
    "witness": {
        "ledger": "client",
        "around": "ollama",
        "by": {"route": "template", "status": "status"},
        "fixed": {"method": "GET"},
    },
    "exceptions": {"status": "500"},
    "source": "doc:6",
}
CONTRACT = {"otel": [PROMISED]}


def request(trace: str, waited: float, template: str = "/a", status: int = 200) -> dict[str, Any]:
    """Return the client's row of one request."""
    row = {"trace": trace, "operation": trace, "started": 1.0, "finished": 1.0 + waited}
    return {**row, "template": template, "status": status}


# Two requests that each waited for a call, one that raised, and one for no route at all.
LEDGERS = {
    "client": [request("1", 0.03), request("2", 0.17), request("3", 0.002, status=500), request("4", 0.001, "", 404)],
    "ollama": [
        {"trace": "1", "started": 1.0, "finished": 1.02},
        {"trace": "2", "started": 1.0, "finished": 1.02},
        {"trace": "2", "started": 1.03, "finished": 1.16},
    ],
}
SCOPE = 'method="GET",otel_scope_name="fastapi"'
OK, RAISED, LOST = (f'{SCOPE},route="/a",status="200"', f'{SCOPE},route="/a",status="500"', f'{SCOPE},status="404"')


def series(total: float = 189, fast: float = 1, **changed: dict[str, float]) -> dict[str, list[float]]:
    """Return the histogram as it grew: count, sum and buckets in milliseconds, for each label set."""
    grown = {OK: (2, total, fast), RAISED: (1, 2, 1), LOST: (1, 0, 1)}
    found: dict[str, list[float]] = {}
    for labels, (count, sum_, below) in grown.items():
        found[f"{NAME}_count{{{labels}}}"] = [0, count]
        found[f"{NAME}_sum{{{labels}}}"] = [0, sum_]
        found[f'{NAME}_bucket{{{labels},le="100.0"}}'] = [0, below]
        found[f'{NAME}_bucket{{{labels},le="+Inf"}}'] = [0, count]
    return {name: [0, changed.get("count", {}).get(name, values[1])] for name, values in found.items()}


RIGHT = {"ledgers": LEDGERS, "series": series()}
RUNS: dict[str, dict[str, Any]] = {
    "right": RIGHT,
    "rounded down": {**RIGHT, "series": series(total=180)},
    "too short": {**RIGHT, "series": series(total=179)},
    "seconds": {**RIGHT, "series": series(total=0.189)},
    "bucket": {**RIGHT, "series": series(fast=2)},
    "one missing": {**RIGHT, "series": series(count={f"{NAME}_count{{{LOST}}}": 0})},
    "raw path": {
        **RIGHT,
        "series": {
            name.replace('status="404"', 'route="/x/1",status="404"'): values for name, values in series().items()
        },
    },
    "two hosts": {
        **RIGHT,
        "series": {
            name.replace(SCOPE, f'{SCOPE},host="{int("500" in name)}"'): values for name, values in series().items()
        },
    },
    "no exception": {
        "ledgers": {**LEDGERS, "client": [row for row in LEDGERS["client"] if row["status"] != 500]},
        "series": {name: values for name, values in series().items() if "500" not in name},
    },
    "no exceptions documented": {
        "contract": {"otel": [{**PROMISED, "exceptions": {}}]},
        "ledgers": {**LEDGERS, "client": [row for row in LEDGERS["client"] if row["status"] != 500]},
        "series": {name: values for name, values in series().items() if "500" not in name},
    },
    "idle": {"series": {name: [0, 0] for name in series()}},
    "absent": {"ledgers": LEDGERS, "series": {}},
    "fast clock": {**RIGHT, "drill": {"app": {"command": ["python"], "port": 8000, "clock_rate": 100}}},
}


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the one claim."""
    return Facts("otel", "auto-instrumentation", status, evidence, Source("docs/shop.md", 6))


NUMBERS = {"metric": NAME, "client": 4, "prometheus": 4.0, "ignored": ["otel_scope_name"]}


def test_right(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """What the instrumentation counted and timed passes where the clients and the fakes allow it, label by label."""
    assert facts(otel(evidence_of("right"))) == [result(Status.PASSED, raised=1, **NUMBERS)]


@pytest.mark.parametrize("name", ["rounded down", "no exceptions documented", "fast clock"])
def test_bounds_that_leave_room(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Whole milliseconds are compared with whole milliseconds, of real time; exceptions only where documented."""
    assert [found.status for found in otel(evidence_of(name))] == [Status.PASSED]


OK_SET = {"method": "GET", "route": "/a", "status": "200"}
LOST_SET = {"method": "GET", "status": "404"}


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("too short", {"labels": OK_SET, "expected": 180, "expected_most": 300, "seen": 179}),
        ("seconds", {"labels": OK_SET, "expected": 180, "expected_most": 300, "seen": 0.189}),
        ("bucket", {"labels": OK_SET, "expected": 1, "expected_most": 1, "seen": 2, "le": 100}),
        ("one missing", {"labels": LOST_SET, "expected": 1, "seen": 0}),
        ("raw path", {"labels": {**LOST_SET, "route": "/x/1"}, "expected": 0, "seen": 1}),
    ],
)
def test_wrong(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, numbers: dict[str, Any]) -> None:
    """A number that cannot be true, or a label set that no client knows, fails."""
    [found] = facts(otel(evidence_of(name)))
    assert found.status is Status.FAILED
    assert found.evidence.items() >= {"metric": NAME, "client": 4, **numbers}.items()


def test_two_hosts(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A label that the contract does not name is left aside only if it tells nothing apart."""
    assert facts(otel(evidence_of("two hosts"))) == [
        result(Status.FAILED, label="host", named=["method", "route", "status"])
    ]


@pytest.mark.parametrize(
    ("name", "count"),
    [("no exception", 3), ("idle", 0)],
)
def test_inconclusive(evidence_of: Callable[[str], Evidence], facts: FactsOf, name: str, count: int) -> None:
    """Exceptions that did not occur were not seen to be counted."""
    assert facts(otel(evidence_of(name))) == [
        result(Status.INCONCLUSIVE, **{**NUMBERS, "client": count, "prometheus": float(count)})
    ]


def test_absent(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A histogram that Prometheus does not have fails."""
    assert facts(otel(evidence_of("absent"))) == [result(Status.FAILED, metric=NAME, prometheus=None)]
