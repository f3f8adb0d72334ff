from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.scrape import scrape
from harness.model import Result, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.evidence import Evidence

CONTRACT = {"scrape": [{"address": "localhost:8000/metrics", "source": "doc:2"}]}


def target(path: str = "/metrics", error: str = "") -> list[dict[str, Any]]:
    """Return the app as Prometheus' only target."""
    return [{"labels": {"job": "app"}, "scrapeUrl": f"http://127.0.0.1:1{path}", "lastError": error}]


RUNS: dict[str, dict[str, Any]] = {
    "good": {"targets": target(), "series": {"up": [0, 1, 1, 1]}},
    "bad": {"targets": target(error="connection refused"), "series": {"up": [0, 0]}},
    "no sample": {"series": {"up": []}},
    "many bad": {"targets": target(), "series": {"up": [0, 0, 1, 1, 1]}},
    "last bad": {"targets": target(), "series": {"up": [1, 1, 1, 0]}},
    "other path": {"targets": target("/stats"), "series": {"up": [1, 1]}},
    "other port": {
        "targets": target(),
        "series": {"up": [1, 1]},
        "drill": {"app": {"command": ["python"], "port": 9000}},
    },
}


def result(status: Status, message: str, remedy: str = "", **evidence: object) -> Result:
    """Return a result about the one address."""
    numbers = {"url": "http://127.0.0.1:1/metrics", **evidence}
    return Result("scrape", "localhost:8000/metrics", status, message, numbers, Source("docs/shop.md", 2), remedy)


MEND = "open the endpoint with curl and with `promtool check metrics`; the exposition results say more"
EXPECTED = {
    "good": result(Status.PASSED, "3 of 4 scrapes of /metrics succeeded", scrapes=4, good=3, last=1),
    "last bad": result(Status.PASSED, "3 of 4 scrapes of /metrics succeeded", scrapes=4, good=3, last=0),
    "bad": result(
        Status.FAILED, "none of 2 scrapes of /metrics succeeded: connection refused", MEND, scrapes=2, good=0, last=0
    ),
    "no sample": result(
        Status.INCONCLUSIVE,
        "Prometheus holds not one scrape of the app",
        "look at prometheus.log in the evidence",
        scrapes=0,
        good=0,
        last=None,
        url="",
    ),
    "many bad": result(
        Status.INCONCLUSIVE,
        "2 of 5 scrapes of /metrics failed, as on a machine too busy",
        "give the run a quieter machine, or a longer scrape_interval in drill.yml",
        scrapes=5,
        good=3,
        last=1,
    ),
    "other path": result(
        Status.FAILED,
        "Prometheus scrapes http://127.0.0.1:1/stats, documented is /metrics",
        "align path and document",
        scrapes=2,
        good=2,
        last=1,
        url="http://127.0.0.1:1/stats",
    ),
    "other port": result(
        Status.FAILED,
        "the documents say port 8000, `up` starts the app on 9000",
        "set app.port in drill.yml to the documented port",
        scrapes=2,
        good=2,
        last=1,
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_scrape(evidence_of: Callable[[str], Evidence], name: str) -> None:
    """Three quarters of the scrapes succeed, at the documented path and port; where fewer do, little was seen."""
    assert list(scrape(evidence_of(name))) == [EXPECTED[name]]
