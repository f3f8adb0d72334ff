"""Prometheus and Alertmanager as parts of a stack: their configuration from the templates, and their command lines."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Any

import yaml

from harness import conventions
from harness.contract.durations import notation
from harness.stack.processes import Part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.stack.binaries import Binary

READY = "/-/ready"


@dataclass(frozen=True)
class Scraped:
    """What the drill's Prometheus scrapes: the app's address (host:port) and path, and itself where that is documented.

    `token` is the bearer token that the app asks for.
    """

    job: str
    address: str
    path: str
    token: str | None = None
    itself: bool = False


def write_configuration(
    folder: Path, scraped: Scraped, *, reroute: Callable[[dict[str, Any]], dict[str, Any]] = dict, **values: str | float
) -> None:
    """Fill the two templates into a folder; numbers are durations in seconds.

    Keys: scrape_interval, evaluation_interval, prometheus and alertmanager (host:port), webhook (URL). `reroute` is
    given Alertmanager's configuration and returns what is written in its place.
    """
    texts = {key: value if isinstance(value, str) else notation(value) for key, value in values.items()}
    texts |= {"job": scraped.job, "app": scraped.address, "metrics_path": scraped.path}
    for name in (conventions.PROMETHEUS_TEMPLATE, conventions.ALERTMANAGER_TEMPLATE):
        template = Template((conventions.PROMETHEUS / name).read_text(encoding="utf-8"))
        written = yaml.safe_load(template.safe_substitute(texts))
        if name == conventions.PROMETHEUS_TEMPLATE:
            app = written["scrape_configs"][0]
            if scraped.token:
                app["authorization"] = {"type": "Bearer", "credentials": scraped.token}
            if scraped.itself:
                itself = {"targets": [values["prometheus"]]}
                written["scrape_configs"].append({"job_name": conventions.OWN_JOB, "static_configs": [itself]})
        else:
            written = reroute(written)
        (folder / name).write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")


def prometheus(
    binary: Binary, folder: Path, port: int, *, lookback: float | None = None, retention: str | None = None
) -> Part:
    """Return the Prometheus of a folder that holds `prometheus.yml`, and `rules/` and `tsdb/` where there are any.

    `lookback` is how long a series without new samples stays current, in seconds; `retention` how long samples are
    kept, in Prometheus' notation. Without them it is as Prometheus itself has it.
    """
    command = [
        str(binary.path),
        f"--config.file={folder / conventions.PROMETHEUS_TEMPLATE}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={conventions.LOOPBACK}:{port}",
        "--rules.alert.resend-delay=500ms",
        "--log.level=warn",
    ]
    if lookback:
        command.append(f"--query.lookback-delta={notation(lookback)}")
    if retention:
        command.append(f"--storage.tsdb.retention.time={retention}")
    return Part(
        name="prometheus", command=command, environment={}, ready=f"http://{conventions.LOOPBACK}:{port}{READY}"
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
