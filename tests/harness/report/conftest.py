"""One small verdict of each sort, for the tests of the reports."""

from __future__ import annotations

import pytest

from promdrill.model import AlertLife, Coverage, Deadline, LoadSummary, Result, Source, Status, Verdict, VirtualLife

GUIDE = "docs/systems/shop.md"


@pytest.fixture
def empty() -> Verdict:
    """A run that checked nothing."""
    return Verdict(
        system="shop",
        status=Status.INCONCLUSIVE,
        seconds=0.04,
        versions={},
        results=(),
        alerts=(),
        coverage=Coverage(claims=0, checked=0),
        load=LoadSummary(requests=0, failures=0, rps=0.0),
    )


@pytest.fixture
def passed() -> Verdict:
    """A run with one promise, kept."""
    return Verdict(
        system="till",
        status=Status.PASSED,
        seconds=2.5,
        versions={"promdrill": "0.1.0"},
        results=(Result("metric", "sales_total", Status.PASSED, "sales_total is a counter by till"),),
        alerts=(),
        coverage=Coverage(claims=1, checked=1),
        load=LoadSummary(requests=1, failures=0, rps=0.5),
        evidence="runs/2",
    )


@pytest.fixture
def failed() -> Verdict:
    """A run with one result of each status, an alert's life and a gap."""
    return Verdict(
        system="shop",
        status=Status.FAILED,
        seconds=41.23,
        versions={"promdrill": "0.1.0", "prometheus": "3.5.3"},
        results=(
            Result(
                kind="counter",
                subject="orders_total",
                status=Status.FAILED,
                message='orders_total{shop="a|b"} rose by 824, but the till saw 412 orders',
                evidence={"prometheus": 824.0, "ledger": 412, "labels": {"shop": "a|b"}},
                source=Source(GUIDE, 41),
                remedy="Count each order once: look for a second inc() on its path.",
            ),
            Result(
                kind="load",
                subject="load",
                status=Status.INCONCLUSIVE,
                message="the load generator made 51 of 130 requests a second",
                evidence={"asked": 130, "delivered": 51.25},
                remedy="Give the machine more room, or ask for less load.",
            ),
            Result(
                kind="query",
                subject="rate(orders_total[5m]) < 3",
                status=Status.ERRATUM,
                message="the query is always empty",
                evidence={"documented": "always empty", "corrected": "rate(orders_total[5m]) * 60 < 3"},
                source=Source(GUIDE, 52),
            ),
            Result("helper", "Orders.timer", Status.WAIVED, "not in this release, until 2027-03-01"),
            Result("metric", "orders_total", Status.PASSED, "orders_total is a counter by shop", {}, Source(GUIDE, 41)),
        ),
        alerts=(
            AlertLife(
                alert="ManyOrders",
                factor=60.0,
                proof=("live", "virtual"),
                states=(("inactive", 0.0), ("pending", 12.1), ("firing", 17.3), ("resolved", 25.9)),
                notified={"firing": 17.6, "resolved": 26.2},
                receiver="webhook",
                deadlines={"pending": Deadline(25.0, 12.1), "firing": Deadline(17.5, None)},
                phase="rush",
                virtual=VirtualLife(
                    states=(("inactive", 0.0), ("pending", 780.0), ("firing", 1080.0), ("resolved", 1860.0)),
                    cause=720.0,
                    cured=1860.0,
                    boundary=(99.6, 100.4),
                    tests=("ManyOrders.recorded.test.yml", "ManyOrders.test.yml"),
                ),
            ),
        ),
        coverage=Coverage(claims=6, checked=5, gaps=("panel Orders / rate",), undrilled=("FewOrders",)),
        load=LoadSummary(requests=5210, failures=1, rps=130.25),
        evidence="runs/1",
    )
