from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.scrape import scrape
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promdrill.evidence import Evidence

CONTRACT: dict[str, Any] = {"scrape": [{"address": "localhost:8000/metrics", "source": "doc:2"}]}


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

OWN = {"labels": {"job": "prometheus"}, "scrapeUrl": "http://127.0.0.1:2/metrics", "health": "up"}
GLOBAL = "global: {scrape_interval: 15s}\n"
APP = "{job_name: app, static_configs: [{targets: ['localhost:8000']}]}"
ITSELF = "{job_name: prometheus, static_configs: [{targets: ['localhost:9090']}]}"
FROZEN = {
    "app": {"command": ["python"], "port": 8000},
    "phases": [{"name": "fault", "for": "4s", "faults": ["frozen"]}],
    "faults": {"frozen": {"service": "app", "effect": "freeze"}},
}


def configured(config: str, **promised: object) -> dict[str, Any]:
    """Return a good run of a contract that promises more, with the documented configuration."""
    documented = {**CONTRACT["scrape"][0], "config": "prometheus.yml", "every": "15s", **promised}
    return {"contract": {"scrape": [documented]}, "targets": target(), "series": {"up": [1, 1]}, "config": config}


def jobs(*texts: str) -> str:
    """Return a configuration with these jobs and an interval of 15 s."""
    return f"{GLOBAL}scrape_configs: [{', '.join(texts)}]\n"


BUSY = [1] * 6 + [0] * 8 + [1, 0]
RUNS |= {
    "frozen": {"targets": target(), "series": {"up": BUSY}, "drill": FROZEN},
    "not frozen": {"targets": target(), "series": {"up": BUSY}},
    "in the documents' words": configured(jobs(APP), subject="every 15s"),
    "own interval": configured(jobs(APP.replace("{", "{scrape_interval: 15000ms, ", 1))),
    "Prometheus' interval": configured(f"scrape_configs: [{APP}]\n", every="1m"),
    "other interval": configured(jobs(APP).replace("15s", "30s")),
    "other target": configured(jobs(ITSELF)),
    "other metrics_path": configured(jobs(APP.replace("{", "{metrics_path: /stats, ", 1))),
    "job": configured(jobs(APP), job="app"),
    "other job": configured(jobs(APP.replace("app", "shop")), job="app"),
    "itself": configured(jobs(APP, ITSELF), itself=True) | {"targets": [*target(), OWN]},
    "itself not in the file": configured(jobs(APP), itself=True) | {"targets": [*target(), OWN]},
    "itself not in the run": configured(jobs(APP, ITSELF), itself=True),
    "itself down": configured(jobs(APP, ITSELF), itself=True) | {"targets": [*target(), {**OWN, "health": "down"}]},
    "kept": configured(jobs(APP), retention="15d"),
    "not kept": configured(jobs(APP), retention="30d"),
}


def result(status: Status, *, subject: str = "localhost:8000/metrics", **evidence: object) -> Facts:
    """Return a result about the one address."""
    numbers = {"url": "http://127.0.0.1:1/metrics", **evidence}
    return Facts("scrape", subject, status, numbers, Source("docs/shop.md", 2))


UP = {"scrapes": 2, "good": 2, "last": 1}


def differs(expected: object, seen: object) -> Facts:
    """Return a failure of a run whose scrapes succeeded."""
    return result(Status.FAILED, **UP, expected=expected, seen=seen)


EXPECTED = {
    "good": result(Status.PASSED, scrapes=4, good=3, last=1),
    "last bad": result(Status.PASSED, scrapes=4, good=3, last=0),
    "bad": result(Status.FAILED, scrapes=2, good=0, last=0),
    "no sample": result(Status.INCONCLUSIVE, scrapes=0, good=0, last=None, url=""),
    "many bad": result(Status.INCONCLUSIVE, scrapes=5, good=3, last=1),
    "other path": result(Status.FAILED, scrapes=2, good=2, last=1, url="http://127.0.0.1:1/stats"),
    "other port": result(Status.FAILED, scrapes=2, good=2, last=1),
}
BOTH = result(Status.PASSED, **UP)
EXPECTED |= {
    "frozen": result(Status.PASSED, scrapes=8, good=7, last=0),
    "not frozen": result(Status.INCONCLUSIVE, scrapes=16, good=7, last=0),
    "in the documents' words": result(Status.PASSED, subject="every 15s", **UP),
    "own interval": BOTH,
    "Prometheus' interval": BOTH,
    "other interval": differs("15s", ["30s"]),
    "other target": differs("localhost:8000/metrics", ["localhost:9090/metrics"]),
    "other metrics_path": differs("localhost:8000/metrics", ["localhost:8000/stats"]),
    "job": BOTH,
    "other job": differs("localhost:8000/metrics", ["localhost:8000/metrics"]),
    "itself": BOTH,
    "itself not in the file": differs("9090", ["localhost:8000/metrics"]),
    "itself not in the run": differs("up", None),
    "itself down": differs("up", "down"),
    "kept": BOTH,
    "not kept": differs("30d", "15d"),
}


@pytest.mark.parametrize("name", RUNS)
def test_scrape(evidence_of: Callable[[str], Evidence], facts: FactsOf, tmp_path: Path, name: str) -> None:
    """Three quarters of the scrapes succeed, but for a frozen app's, at the place and in the way documented."""
    (tmp_path / "prometheus.yml").write_text(RUNS[name].get("config", ""), encoding="utf-8")
    assert facts(scrape(evidence_of(name))) == [EXPECTED[name]]
