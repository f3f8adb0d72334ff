from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from promdrill import conventions
from promdrill.stack import binaries
from promdrill.stack.monitoring import Scraped, write_configuration

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, scraped: Scraped) -> list[dict[str, Any]]:
    """Return the jobs of a configuration that promtool accepts; that of Alertmanager is written as it is."""
    write_configuration(
        folder,
        scraped,
        {"route": {"receiver": "mail"}},
        scrape_interval=0.25,
        evaluation_interval=0.5,
        prometheus="127.0.0.1:9090",
        alertmanager="127.0.0.1:9093",
    )
    routing = folder / conventions.ALERTMANAGER_TEMPLATE
    assert yaml.safe_load(routing.read_text(encoding="utf-8")) == {"route": {"receiver": "mail"}}
    path = folder / conventions.PROMETHEUS_TEMPLATE
    subprocess.run([str(binaries.find("promtool").path), "check", "config", str(path)], check=True, capture_output=True)
    jobs: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["scrape_configs"]
    return jobs


APP = {
    "job_name": "shop",
    "metrics_path": "/stats",
    "static_configs": [{"targets": ["127.0.0.1:8000"]}],
}


def test_plain(tmp_path: Path) -> None:
    """The app is scraped at its address and path, under its job's name."""
    assert written(tmp_path, Scraped("shop", "127.0.0.1:8000", "/stats")) == [APP]


def test_token_and_itself(tmp_path: Path) -> None:
    """A token is sent with every scrape of the app, and not to Prometheus itself."""
    assert written(tmp_path, Scraped("shop", "127.0.0.1:8000", "/stats", "drill-token", itself=True)) == [
        {**APP, "authorization": {"type": "Bearer", "credentials": "drill-token"}},
        {"job_name": "prometheus", "static_configs": [{"targets": ["127.0.0.1:9090"]}]},
    ]


def test_the_load(tmp_path: Path) -> None:
    """Where the load is scraped too, it has a job of its own."""
    assert written(tmp_path, Scraped("shop", "127.0.0.1:8000", "/stats", load="127.0.0.1:7000")) == [
        APP,
        {"job_name": "promdrill_load", "static_configs": [{"targets": ["127.0.0.1:7000"]}]},
    ]
