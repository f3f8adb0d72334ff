"""A Prometheus configuration that documents promise, read for what it scrapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from promdrill.errors import EvidenceError

if TYPE_CHECKING:
    from pathlib import Path

# Prometheus' own defaults.
INTERVAL = "1m"
PATH = "/metrics"
PORT = "9090"


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a job: `host:port/path`, and the interval as the file has it."""

    job: str
    address: str
    interval: str

    @property
    def is_prometheus(self) -> bool:
        """Whether this is where Prometheus itself listens, unless told otherwise."""
        return self.address.endswith(f":{PORT}{PATH}")


def read_targets(path: Path) -> list[Target]:
    """Return what a configuration that promtool accepts scrapes, by its static targets.

    Raises:
        EvidenceError: it cannot be read.
    """
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise EvidenceError(f"{path} cannot be read: {error}") from error
    usual = (config.get("global") or {}).get("scrape_interval", INTERVAL)
    return [
        Target(job["job_name"], f"{target}{job.get('metrics_path', PATH)}", str(job.get("scrape_interval", usual)))
        for job in config.get("scrape_configs") or ()
        for static in job.get("static_configs") or ()
        for target in static["targets"]
    ]
