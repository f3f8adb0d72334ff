"""Prometheus and Alertmanager as parts of a stack: their configuration and their command lines."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Any

import yaml

from promdrill import conventions
from promdrill.durations import notation
from promdrill.stack.debian import page_options
from promdrill.stack.image import ALERTMANAGER, PROMETHEUS
from promdrill.stack.part import Part

if TYPE_CHECKING:
    from pathlib import Path

READY = "/-/ready"
PROMETHEUS_NAME = "prometheus"
ALERTMANAGER_NAME = "alertmanager"


@dataclass(frozen=True)
class Scraped:
    """What the drill's Prometheus scrapes: the app's address (host:port) and path, and itself where that is documented.

    `token` is the bearer token that the app asks for, `load` the address of the load generator where it is scraped too.
    """

    job: str
    address: str
    path: str
    token: str | None = None
    itself: bool = False
    load: str | None = None


def write_configuration(folder: Path, scraped: Scraped, routing: dict[str, Any], **values: str | float) -> None:
    """Write Alertmanager's configuration into a folder as it is, and Prometheus' from its template.

    Keys: scrape_interval, evaluation_interval (seconds), prometheus and alertmanager (host:port).
    """
    texts = {key: value if isinstance(value, str) else notation(value) for key, value in values.items()}
    texts |= {"job": scraped.job, "app": scraped.address, "metrics_path": scraped.path}
    template = Template((conventions.PROMETHEUS / conventions.PROMETHEUS_TEMPLATE).read_text(encoding="utf-8"))
    configuration = yaml.safe_load(template.safe_substitute(texts))
    app = configuration["scrape_configs"][0]
    if scraped.token:
        app["authorization"] = {"type": "Bearer", "credentials": scraped.token}
    if scraped.itself:
        itself = {"targets": [values["prometheus"]]}
        configuration["scrape_configs"].append({"job_name": conventions.OWN_JOB, "static_configs": [itself]})
    if scraped.load:
        load = {"targets": [scraped.load]}
        configuration["scrape_configs"].append({"job_name": conventions.LOAD_JOB, "static_configs": [load]})
    written = {conventions.PROMETHEUS_TEMPLATE: configuration, conventions.ALERTMANAGER_TEMPLATE: routing}
    for name, content in written.items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def prometheus(  # noqa: PLR0913 - each is one of Prometheus' own flags
    program: Path | str,
    folder: Path,
    port: int,
    *,
    listening: str = conventions.LOOPBACK,
    lookback: float | None = None,
    retention: str | None = None,
) -> Part:
    """Return the Prometheus of a folder that holds `prometheus.yml`, and `rules/` and `tsdb/` where there are any.

    It is reached at a port of loopback; `listening` is the address where it sees to that. `lookback` is how long a
    series without new samples stays current, in seconds; `retention` how long samples are kept, in Prometheus'
    notation. Without them it is as Prometheus itself has it.
    """
    command = [
        str(program),
        f"--config.file={folder / conventions.PROMETHEUS_TEMPLATE}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={listening}:{port}",
        "--rules.alert.resend-delay=500ms",
        "--log.level=warn",
        *page_options(program),
    ]
    if lookback:
        command.append(f"--query.lookback-delta={notation(lookback)}")
    if retention:
        command.append(f"--storage.tsdb.retention.time={retention}")
    return Part(
        name=PROMETHEUS_NAME,
        command=command,
        environment={},
        ready=f"http://{conventions.LOOPBACK}:{port}{READY}",
        image=PROMETHEUS,
        ports=(port,),
    )


def alertmanager(program: Path | str, folder: Path, port: int, *, listening: str = conventions.LOOPBACK) -> Part:
    """Return the Alertmanager of a folder that holds `alertmanager.yml`; where it is reached is as with Prometheus."""
    return Part(
        name=ALERTMANAGER_NAME,
        command=[
            str(program),
            f"--config.file={folder / conventions.ALERTMANAGER_TEMPLATE}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={listening}:{port}",
            "--cluster.listen-address=",
            "--log.level=warn",
            *page_options(program),
        ],
        environment={},
        ready=f"http://{conventions.LOOPBACK}:{port}{READY}",
        image=ALERTMANAGER,
        ports=(port,),
    )
