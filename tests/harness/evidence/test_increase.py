from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.errors import EvidenceError
from promdrill.evidence.increase import Increase, increases
from promdrill.evidence.prometheus_api import Answer, PrometheusApi, QueryError, Series
from promdrill.stack.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promdrill.evidence import Evidence

RUNS: dict[str, dict[str, Any]] = {
    "series": {
        "series": {
            'grown_total{model="a"}': [5, 5, 7, 8.5],
            'grown_total{model="b"}': [0, 0, 0],
            'late_total{model="a"}': [1, 2],
            'late_total{model="b"}': [None, 3, 4],
            'gone_total{model="a"}': [1, 2, None, None],
            'reset_total{model="a"}': [4, 6, 1, 2, 0, 3],
            'absent_total{model="a"}': [None, None, 1, 2],
        }
    },
    "first scrapes failed": {"series": {"up": [0, 0, 1, 1], 'grown_total{model="a"}': [None, None, 5, 6]}},
}
A, B = (("model", "a"),), (("model", "b"),)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grown_total", {A: Increase(3.5, 0), B: Increase(0, 0)}),
        ("late_total", {A: Increase(1, 0), B: Increase(4, 0)}),
        ("gone_total", {A: Increase(1, 0)}),
        # From 4 to 6, again from 0 to 1 and 2, and again from 0 to 3.
        ("reset_total", {A: Increase(7, 2)}),
        ("absent_total", {A: Increase(2, 0)}),
        ("no_such_total", {}),
    ],
)
def test_increases(evidence_of: Callable[[str], Evidence], name: str, expected: dict[Any, Increase]) -> None:
    """A series grew from its first sample, or from 0 if it came later; after a fall it grew from 0 again."""
    assert increases(evidence_of("series"), name) == expected


def test_first_scrapes_failed(evidence_of: Callable[[str], Evidence]) -> None:
    """A series is late against the first scrape that succeeded: what it counted before that one is not of the run."""
    assert increases(evidence_of("first scrapes failed"), "grown_total") == {A: Increase(1, 0)}


def test_up(evidence_of: Callable[[str], Evidence]) -> None:
    """Each scrape is told by when it was and whether it succeeded."""
    evidence = evidence_of("first scrapes failed")
    assert evidence.up == tuple((evidence.start + second, good) for second, good in enumerate([0, 0, 1, 1]))


def test_scalar(evidence_of: Callable[[str], Evidence]) -> None:
    """A number alone is an answer of one series without labels."""
    evidence = evidence_of("series")
    assert evidence.query("1 + 1", evidence.end) == Answer((Series("", (), ((evidence.end, 2.0),)),))


def test_name(evidence_of: Callable[[str], Evidence]) -> None:
    """The name of a metric is not one of its labels."""
    evidence = evidence_of("series")
    labels = (("instance", "app:1"), ("job", "app"), ("model", "b"))
    assert evidence.query('grown_total{model="b"}', evidence.end).series == (
        Series("grown_total", labels, ((evidence.end, 0.0),)),
    )


def test_range(evidence_of: Callable[[str], Evidence]) -> None:
    """A range is asked for at each scrape interval."""
    evidence = evidence_of("series")
    [series] = evidence.query_range('grown_total{model="a"}', evidence.start, evidence.start + 3).series
    assert series.points == tuple((evidence.start + second, value) for second, value in enumerate([5, 5, 7, 8.5]))


def test_refused(evidence_of: Callable[[str], Evidence]) -> None:
    """What Prometheus refuses is an error with its words."""
    with pytest.raises(QueryError, match=re.escape("unclosed left parenthesis")):
        evidence_of("series").query("rate(", 0)


@pytest.fixture
def nobody() -> Iterator[PrometheusApi]:
    """A client of a port on which nothing listens."""
    ports = Ports()
    api = PrometheusApi(f"http://127.0.0.1:{ports.take()}")
    yield api
    api.close()
    ports.release()


def test_no_answer(nobody: PrometheusApi) -> None:
    """A Prometheus that does not answer is an error of the evidence."""
    with pytest.raises(EvidenceError, match=f"^Prometheus at {re.escape(nobody.url)} does not answer queries: "):
        nobody.query("up", 0)
