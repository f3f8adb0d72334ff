"""Writes compose.yaml, and what its services read, from scenarios/ and prometheus/: `make compose`.

All of it is data of the bundled systems in another form, so that a new system needs no edit here. What the containers
read lies in a folder for each system beside this file, to be looked at.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import yaml

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.durations import notation, seconds
from promdrill.load.generator import STOP_SECONDS, LoadSettings, settings
from promdrill.stack.image import ALERTMANAGER, PROMETHEUS
from promdrill.stack.image_build import DOCKERFILE
from promdrill.stack.monitoring import Scraped, write_configuration
from promdrill.stack.routing import drill_routing
from promdrill.stack.webhook import PATH
from promdrill_fakes.catalogue import fakes

if TYPE_CHECKING:
    from promdrill.contract import Scenario

FOLDER = Path(__file__).resolve().parent
COMPOSE = conventions.ROOT / "compose.yaml"
WRITTEN = f"# Written by {FOLDER.relative_to(conventions.ROOT)}/generate.py: `make compose`.\n"

# Where it listens in its container: the fakes do by custom (`promdrill_fakes.catalogue`), the others by head.yaml.
LOAD_METRICS = 9646
WORK = Path("/tmp")  # noqa: S108 - a tmpfs of a container, for it alone
# Where the documents give no interval. Theirs, and those of their rules, are what they are: nothing is compressed.
SCRAPE_SECONDS = 15.0


class Block(Template):
    """A text of YAML with `%{…}` to fill in; `${…}` is left to Compose."""

    delimiter = "%"


def texts() -> dict[Path, str]:
    """Return every file that is written, with what it holds."""
    head, block = (Block((FOLDER / name).read_text(encoding="utf-8")) for name in ("head.yaml", "system.yaml"))
    base = re.findall(r"^ARG BASE=(.+)", (conventions.ROOT / DOCKERFILE).read_text(encoding="utf-8"), re.MULTILINE)
    compose = head.substitute(
        base=base[0],
        prometheus=PROMETHEUS.reference,
        alertmanager=ALERTMANAGER.reference,
        phase=conventions.BASELINE,
        stopping=STOP_SECONDS,
    )
    written: dict[Path, str] = {}
    for system in bundled_systems():
        scenario = load_scenario(conventions.SCENARIOS / system)
        compose += block.substitute(_values(scenario))
        written |= {FOLDER / system / name: text for name, text in _configuration(scenario).items()}
    return {COMPOSE: compose, **written}


def _values(scenario: Scenario) -> dict[str, Any]:
    """Return what a system's services have of their own."""
    drill, retention = scenario.drill, scenario.drill.prometheus.retention
    environment = {name: _placed(scenario, text) for name, text in drill.app.environment.items()}
    environment["PROMDRILL_HEALTH"] = f"http://127.0.0.1:{drill.app.port}{drill.app.ready}"
    return {
        "system": scenario.contract.system,
        "port": drill.app.port,
        "interval": notation(_interval(scenario)),
        "serving": ", ".join(f"--serve, {name}={_port(scenario, name)}" for name in drill.fakes.serve),
        "app": json.dumps([_placed(scenario, word) for word in drill.app.command]),
        "environment": _block(environment),
        "log": _logged(scenario),
        "users": sum(users.users for users in drill.load.values()),
        "retention": _block([f"--storage.tsdb.retention.time={retention}"] if retention else []),
        "rules": _block(
            [
                f"./{path.relative_to(conventions.ROOT)}:/etc/prometheus/rules/{path.name}:ro"
                for path in scenario.rule_files
            ]
        ),
    }


def _configuration(scenario: Scenario) -> dict[str, str]:
    """Return what a system's services read, by file name."""
    load = settings(scenario, LoadSettings("", WORK, seed=1)) | {
        "users": f"/scenario/{conventions.USERS_FILE}",
        "folder": "/scenario",
        "metrics": f"0.0.0.0:{LOAD_METRICS}",
        # Nobody reconciles here, and a ledger of hours has no end.
        "ledger": "/dev/null",
    }
    found = {
        "fakes.yml": WRITTEN + _dumped({"seed": 1, **scenario.drill.fakes.config}),
        "load.json": json.dumps(load, indent=2) + "\n",
    }
    with tempfile.TemporaryDirectory() as temporary:
        write_configuration(
            Path(temporary),
            Scraped(
                scenario.job,
                f"app:{scenario.drill.app.port}",
                scenario.metrics_path,
                itself=any(scrape.itself for scrape in scenario.contract.scrape),
                load=f"locust:{LOAD_METRICS}",
            ),
            drill_routing(scenario.routing.data, 1, f"http://receiver:8080{PATH}"),
            scrape_interval=_interval(scenario),
            evaluation_interval=_interval(scenario),
            prometheus="localhost:9090",
            alertmanager="alertmanager:9093",
        )
        return found | {path.name: WRITTEN + path.read_text(encoding="utf-8") for path in Path(temporary).iterdir()}


def _interval(scenario: Scenario) -> float:
    return next((seconds(scrape.every) for scrape in scenario.contract.scrape if scrape.every), SCRAPE_SECONDS)


def _port(scenario: Scenario, fake: str) -> int:
    return scenario.drill.fakes.ports.get(fake) or fakes()[fake].port


def _placed(scenario: Scenario, text: str) -> str:
    """Return a text of the drill with its placeholders filled in, as Compose takes it.

    The app's clock runs as fast as in the drill, whose latencies and faults count on it; its calendar does not, for
    windows are not compressed. Its metrics are open, so that a browser shows them and no token is left here.
    """
    app = scenario.drill.app
    return text.format_map(
        {
            "host": "0.0.0.0",
            "port": str(app.port),
            "python": "python",
            "work": str(WORK),
            "clock_rate": f"{app.clock_rate:g}",
            "calendar_rate": "1",
            "token": "",
            **{name: f"fakes:{_port(scenario, name)}" for name in scenario.drill.fakes.serve},
        }
    ).replace("$", "$$")


def _logged(scenario: Scenario) -> str:
    """Return how a log that the app writes to a file comes to be the container's, which does not grow for ever."""
    if scenario.contract.logs is None:
        return ""
    log = WORK / scenario.contract.logs.path
    begin = f'mkdir -p {log.parent} && ln -sf /dev/stdout {log} && exec "$$@"'
    return f"\n    entrypoint: [sh, -c, '{begin}', sh]"


def _dumped(data: Any) -> str:  # noqa: ANN401 - whatever YAML can hold
    return yaml.safe_dump(data, sort_keys=False, width=10_000)


def _block(data: list[str] | dict[str, str]) -> str:
    """Return a value of a service as lines below its key; none where there is nothing."""
    return "".join(f"\n      {line}" for line in _dumped(data).splitlines()) if data else ""


def main() -> None:
    """Write every file anew, and take away what a system left that is gone."""
    written = texts()
    for folder in {path.parent for path in FOLDER.glob("*/load.json")} - {path.parent for path in written}:
        shutil.rmtree(folder)
    for path, text in written.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
