"""A system of compose.yaml, really started, but for Grafana: its parts find each other and do what the page says."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import re
import subprocess
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

from promdrill import conventions, wait
from promdrill.contract import bundled_systems, load_scenario
from promdrill.stack.image import ALERTMANAGER, OURS, PROMETHEUS
from promdrill.stack.image_build import ensure_image
from promdrill.stack.ports import Ports
from tests import containers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from promdrill.contract import Scenario

COMPOSES = [command for command in os.environ.get("PROMDRILL_TEST_COMPOSE", "").split(":") if command]
# Each system by one version, the versions in turn.
STARTED = list(zip(itertools.cycle(COMPOSES), bundled_systems(), strict=False))
PARTS = ("app", "control", "locust", "receiver", "prometheus", "alertmanager")
PATIENCE = 180.0

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not COMPOSES, reason="PROMDRILL_TEST_COMPOSE names no Compose"),
]

Clients = dict[str, httpx.Client]


@pytest.fixture(params=STARTED, ids=lambda run: run[1])
def started(request: pytest.FixtureRequest) -> Iterator[tuple[Scenario, Clients]]:
    """A system, started by one version of Compose on ports of its own, and a client of each part."""
    program, system = request.param
    engine = containers.client()
    ports = Ports()
    taken = {part: ports.take() for part in PARTS}
    variables = {f"PROMDRILL_{part.upper()}_PORT": str(port) for part, port in taken.items()}
    variables |= {one.setting: ensure_image(engine, one, print) for one in (OURS, PROMETHEUS, ALERTMANAGER)}
    project = f"promdrill-test-{uuid.uuid4().hex[:8]}"
    compose = [program, "-p", project, "--profile", system]

    def run(*arguments: str) -> None:
        subprocess.run([*compose, *arguments], cwd=conventions.ROOT, env={**os.environ, **variables}, check=True)

    clients = {
        part: httpx.Client(base_url=f"http://{conventions.LOOPBACK}:{port}", trust_env=False, timeout=60)
        for part, port in taken.items()
    }
    try:
        run("up", "--detach", "--no-build", f"{system}-locust", f"{system}-prometheus")
        yield load_scenario(conventions.SCENARIOS / system), clients
    except BaseException:
        run("logs", "--tail", "20")
        raise
    finally:
        run("down", "--volumes")
        ports.release()
        for client in clients.values():
            client.close()
    assert left(project) == []


def left(project: str) -> list[str]:
    """Return what the engine still has of a project."""
    engine, filters = containers.client(), {"label": f"com.docker.compose.project={project}"}
    having = engine.containers.list(all=True, filters=filters), engine.networks.list(filters=filters)
    return [str(one.name) for some in (*having, engine.volumes.list(filters=filters)) for one in some]


def until(what: str, look: Callable[[], object]) -> None:
    """Wait until what is looked for is there; what cannot be reached yet is looked at again."""

    def there() -> None:
        try:
            seen = look()
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise wait.NotYet(repr(error)) from error
        if not seen:
            raise wait.NotYet(f"seen: {seen!r}")

    wait.until(there, what=what, seconds=PATIENCE)


def test_parts_find_each_other(started: tuple[Scenario, Clients]) -> None:
    """Targets are up, rules are loaded, load runs, and what Alertmanager is told of arrives at the receiver."""
    scenario, clients = started
    app, control, locust, receiver, prometheus, alertmanager = (clients[part] for part in PARTS)
    jobs = {scenario.job, conventions.LOAD_JOB}
    if any(scrape.itself for scrape in scenario.contract.scrape):
        jobs.add(conventions.OWN_JOB)

    def health() -> Mapping[str, str]:
        targets = prometheus.get("/api/v1/targets?state=active").json()["data"]["activeTargets"]
        return {target["labels"]["job"]: target["health"] for target in targets}

    until("targets", lambda: health() == dict.fromkeys(jobs, "up"))
    groups = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    assert {rule["name"] for group in groups for rule in group["rules"]} == {
        rule.alert or rule.record for rule in scenario.rules
    }
    told = prometheus.get("/api/v1/alertmanagers").json()["data"]["activeAlertmanagers"]
    assert [one["url"] for one in told] == ["http://alertmanager:9093/api/v2/alerts"]

    users = str(sum(users.users for users in scenario.drill.load.values()))

    # Not its requests, which Locust counts of HTTP alone: that they arrive is seen in the fakes and the app.
    def load() -> tuple[str, str]:
        shown = locust.get("/stats/requests").json()
        return shown["state"], str(shown["user_count"])

    until("load", lambda: load() == ("running", users))
    until("what the fakes saw", lambda: control.get("/ledger").json()["counts"])
    counted = re.compile(rf"^{next(iter(scenario.contract.metrics))}{{.*}} [1-9]", re.MULTILINE)
    until("what the app counted", lambda: counted.search(app.get(scenario.metrics_path).text))
    assert "<title>Locust" in locust.get("/").text
    # Stopped and started again, as on its page.
    assert locust.post("/stop").json()["success"]
    until("the load stopped", lambda: load() == ("stopped", "0"))
    again = {"user_count": users, "spawn_rate": users, "host": f"http://app:{scenario.drill.app.port}"}
    assert locust.post("/swarm", data=again).json()["success"]
    until("load again", lambda: load() == ("running", users))

    now = dt.datetime.now(dt.UTC).isoformat()
    alert = {"labels": {"alertname": "Tried", "severity": "critical"}, "startsAt": now}
    assert alertmanager.post("/api/v2/alerts", json=[alert]).status_code == httpx.codes.OK

    def told_by() -> set[str]:
        rows = map(json.loads, receiver.get("/").text.splitlines())
        return {row["via"] for row in rows if row["commonLabels"].get("alertname") == "Tried"}

    until("the receiver is told", lambda: told_by() == {"pager"})
