"""Prometheus and Alertmanager as parts of a stack: their configuration from the templates, and their command lines."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from harness import conventions
from harness.contract.durations import notation
from harness.stack.processes import Part

if TYPE_CHECKING:
    from pathlib import Path

    from harness.stack.binaries import Binary

READY = "/-/ready"


def write_configuration(folder: Path, **values: str | float) -> None:
    """Fill the two templates into a folder; numbers are durations in seconds.

    Keys: scrape_interval, evaluation_interval, alertmanager, app (host:port), metrics_path, webhook (URL).
    """
    texts = {key: value if isinstance(value, str) else notation(value) for key, value in values.items()}
    texts["job"] = conventions.APP_JOB
    for name in (conventions.PROMETHEUS_TEMPLATE, conventions.ALERTMANAGER_TEMPLATE):
        template = Template((conventions.PROMETHEUS / name).read_text(encoding="utf-8"))
        (folder / name).write_text(template.safe_substitute(texts), encoding="utf-8")


def prometheus(binary: Binary, folder: Path, port: int, *, lookback: float) -> Part:
    """Return the Prometheus of a folder that holds `prometheus.yml`, `rules/` and `tsdb/`.

    `lookback` is how long a series without new samples stays current, in seconds.
    """
    return Part(
        name="prometheus",
        command=[
            str(binary.path),
            f"--config.file={folder / conventions.PROMETHEUS_TEMPLATE}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address={conventions.LOOPBACK}:{port}",
            f"--query.lookback-delta={notation(lookback)}",
            "--rules.alert.resend-delay=500ms",
            "--log.level=warn",
        ],
        environment={},
        ready=f"http://{conventions.LOOPBACK}:{port}{READY}",
    )


def alertmanager(binary: Binary, folder: Path, port: int) -> Part:
    """Return the Alertmanager of a folder that holds `alertmanager.yml`."""
    return Part(
        name="alertmanager",
        command=[
            str(binary.path),
            f"--config.file={folder / conventions.ALERTMANAGER_TEMPLATE}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={conventions.LOOPBACK}:{port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ],
        environment={},
        ready=f"http://{conventions.LOOPBACK}:{port}{READY}",
    )
