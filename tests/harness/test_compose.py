"""compose.yaml: what is written is what the scenarios say, and its services fit together, and nobody else gets in."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.contract.dashboards import PROMETHEUS, read_dashboard
from promdrill.load.generator import LoadSettings, settings
from promdrill.stack import binaries, image
from promdrill.stack.webhook import PATH
from promdrill_fakes.catalogue import fakes
from promdrill_fakes.config import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = conventions.ROOT
FOLDER = ROOT / "deploy" / "compose"
PARTS = {"fakes", "app", "locust", "receiver", "alertmanager", "prometheus", "grafana"}
OURS = {"fakes", "app", "locust", "receiver"}
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
SETTINGS = dict(line.split("=") for line in (ROOT / ".env").read_text().splitlines() if not line.startswith("#"))
# The commands that speak for a version of Compose: what CI fetched, or what the machine has.
COMPOSES = [command for command in os.environ.get("PROMDRILL_TEST_COMPOSE", "").split(":") if command]
COMPOSES = COMPOSES or [command for command in ("docker-compose",) if shutil.which(command)]

each_service = pytest.mark.parametrize("name", SERVICES)
each_system = pytest.mark.parametrize("system", bundled_systems())


def defaults(text: str) -> str:
    """Return a text as Compose reads it where no variable is set."""
    return VARIABLE.sub(r"\2", text)


def of(system: str) -> dict[str, dict[str, Any]]:
    """Return the services of a system, by their part."""
    return {name.removeprefix(f"{system}-"): one for name, one in SERVICES.items() if one["profiles"] == [system]}


def mounts(service: Mapping[str, Any]) -> dict[str, Path]:
    """Return what a service sees of the project, by where it sees it; all of it for reading only."""
    split = [volume.split(":") for volume in service.get("volumes", ())]
    assert {mode for _, _, mode in split} <= {"ro"}
    return {inside: (ROOT / path).resolve() for path, inside, _ in split}


def published(service: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the address, the variable of the port, and the port inside, of what a service shows to its machine."""
    found = [re.fullmatch(r"(.+):\$\{(\w+):-\d+\}:(\d+)", port) for port in service["ports"]]
    return [(one[1], one[2], int(one[3])) for one in found if one]


def test_up_to_date() -> None:
    """Each file is what the scenarios make of it, and no other is left: `make compose` writes them anew."""
    spec = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    texts: dict[Path, str] = generate.texts()
    there = {path: path.read_text(encoding="utf-8") for path in (ROOT / "compose.yaml", *FOLDER.glob("[a-z]*_*/*"))}
    assert there == texts, "a scenario has changed: `make compose`"


def test_profiles() -> None:
    """Each bundled system has a profile with every part, and one of them is what `docker compose up` starts."""
    assert {system: set(of(system)) for system in bundled_systems()} == dict.fromkeys(bundled_systems(), PARTS)
    assert len(SERVICES) == len(PARTS) * len(bundled_systems())
    assert SETTINGS["COMPOSE_PROFILES"] in bundled_systems()


def test_valid_by_the_specification() -> None:
    """It is what the Compose specification allows."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    subprocess.run([*command, str(ROOT / "compose.yaml")], check=True, capture_output=True)


@pytest.mark.skipif(not COMPOSES, reason="there is no Compose here; PROMDRILL_TEST_COMPOSE names some")
@pytest.mark.parametrize("compose", COMPOSES)
@pytest.mark.parametrize("profile", ["", *bundled_systems()])
def test_compose_takes_it(compose: str, profile: str) -> None:
    """Compose reads it with each profile and with none said, and keeps its ports on loopback."""
    chosen = ["--profile", profile] if profile else []
    read = subprocess.run([compose, *chosen, "config"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not read.stderr
    services: dict[str, dict[str, Any]] = yaml.safe_load(read.stdout)["services"]
    # Version 1 shows every service, whatever the profile.
    assert {f"{profile or SETTINGS['COMPOSE_PROFILES']}-{part}" for part in PARTS} <= set(services)
    ports = [port for one in services.values() for port in one["ports"]]
    bound = {port["host_ip"] if isinstance(port, dict) else port.split(":")[0] for port in ports}
    assert bound == {conventions.LOOPBACK}


@each_service
def test_on_loopback(name: str) -> None:
    """Each is shown to its own machine only, at one port, which a variable moves."""
    ports = published(SERVICES[name])
    assert [address for address, _, _ in ports] == [conventions.LOOPBACK]
    assert len(SERVICES[name]["ports"]) == 1


@each_service
def test_confined(name: str) -> None:
    """Each can write in memory only, has no capability and can gain none, and has limits."""
    one = SERVICES[name]
    assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert {"mem_limit", "pids_limit", "tmpfs", "logging"} <= set(one)
    assert all("size=" in tmpfs for tmpfs in one["tmpfs"])
    assert not {"privileged", "network_mode", "pid", "cap_add", "devices"} & set(one)
    mounts(one)


@each_service
def test_awaited(name: str) -> None:
    """Each says whether it is healthy, and waits for what it needs, of its own system."""
    system, _, part = name.rpartition("-")
    one = SERVICES[name]
    if part in OURS:
        assert one["environment"]["PROMDRILL_HEALTH"].startswith(f"http://127.0.0.1:{published(one)[0][2]}/")
    else:
        assert one["healthcheck"]["test"][0] == "CMD"
    needed = {"fakes": set(), "grafana": {"prometheus"}, "prometheus": {"app", "alertmanager"}}
    needed |= {"app": {"fakes"}, "locust": {"app"}, "receiver": {"fakes"}, "alertmanager": {"receiver"}}
    waits = one.get("depends_on", {})
    assert set(waits) == {f"{system}-{other}" for other in needed[part]}
    assert {how["condition"] for how in waits.values()} <= {"service_healthy"}


@each_service
def test_image(name: str) -> None:
    """Each image is pinned, and a variable puts another in its place; ours is built by one service of a system."""
    part = name.rpartition("-")[2]
    found = VARIABLE.fullmatch(SERVICES[name]["image"])
    assert found
    variable, reference = found.groups()
    if part in OURS:
        assert (variable, reference) == (image.OURS.setting, "promdrill:local")
        assert ("build" in SERVICES[name]) == (part == "fakes")
    else:
        assert variable == f"PROMDRILL_{part.upper()}_IMAGE"
        assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", reference)
        drilled_alerts = {one.setting: one.reference for one in (image.PROMETHEUS, image.ALERTMANAGER)}
        assert reference == drilled_alerts.get(variable, reference), "another than a drill's"


@each_service
def test_no_password(name: str) -> None:
    """No service is given a password or a token; the keys that clients of the fakes insist on open nothing."""
    secret = re.compile("PASSWORD|TOKEN|SECRET|CREDENTIAL|KEY")
    given = {key: value for key, value in SERVICES[name].get("environment", {}).items() if secret.search(key)}
    assert set(given.values()) <= {"", "drill"}
    assert "TOKEN" not in "".join(key for key, value in given.items() if value)


@each_system
def test_nobody_logs_in(system: str) -> None:
    """Grafana makes no user, shows no form, takes no password, and lets everybody look and nobody write."""
    environment = of(system)["grafana"]["environment"]
    expected = {
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_AUTH_BASIC_ENABLED": "false",
        "GF_AUTH_DISABLE_LOGIN_FORM": "true",
        "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
        "GF_USERS_ALLOW_SIGN_UP": "false",
    }
    assert {key: value for key, value in environment.items() if key in expected} == expected


@each_system
def test_mounted(system: str) -> None:
    """What a service is given from the project is there, and each file that a command line names is given."""
    for part, service in of(system).items():
        seen = mounts(service)
        assert [str(path) for path in seen.values() if not path.exists()] == [], part
        words = [*service.get("command", ()), *service.get("environment", {}).values()]
        named = re.findall(r"(?<![\w/:.])/[\w/.-]+\.(?:yml|json|py)\b", " ".join(words))
        assert [name for name in named if name not in seen and not name.startswith("/dashboards")] == [], part


@each_system
def test_addresses(system: str) -> None:
    """Every address that a service is given leads to another of the system, which listens there."""
    listening: dict[str, set[int]] = {"locust": {9646}}
    for part, service in of(system).items():
        name = service.get("networks", {}).get("default", {"aliases": [part]})["aliases"][0]
        listening.setdefault(name, set()).update(port for _, _, port in published(service))
        words = service.get("command", ())
        served = [words[at + 1].partition("=") for at, word in enumerate(words) if word == "--serve"]
        assert {fake for fake, _, _ in served} <= set(fakes())
        listening[name].update(int(port) for _, _, port in served)
    files = [path.read_text() for path in (FOLDER / system).iterdir()] + [
        (FOLDER / "grafana" / "datasource.yaml").read_text(),
        *(word for service in of(system).values() for word in service.get("command", ())),
        *(value for service in of(system).values() for value in service.get("environment", {}).values()),
    ]
    given = {found for text in files for found in re.findall(r"\b([a-z]+):(\d{2,5})\b(?!\.)", defaults(text))}
    addressed = {(name, int(port)) for name, port in given if name in listening}
    assert {(name, port) for name, port in addressed if port not in listening[name]} == set()
    assert {name for name, _ in addressed} == {"fakes", "app", "locust", "receiver", "alertmanager", "prometheus"}


@each_system
def test_the_documented_port(system: str) -> None:
    """The app is where its documents put it, unless told otherwise."""
    (port,) = of(system)["app"]["ports"]
    documented = load_scenario(conventions.SCENARIOS / system).drill.app.port
    assert defaults(port) == f"127.0.0.1:{documented}:{documented}"


@each_system
def test_dashboards(system: str) -> None:
    """Every dashboard is where Grafana looks for them, and asks the data source that is there."""
    (source,) = yaml.safe_load((FOLDER / "grafana" / "datasource.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((FOLDER / "grafana" / "dashboards.yaml").read_text())["providers"]
    grafana = of(system)["grafana"]
    seen = {inside: path for inside, path in mounts(grafana).items() if path.is_dir()}
    assert set(seen.values()) == {conventions.PROMETHEUS / one / conventions.DASHBOARDS for one in (system, "load")}
    assert {inside.rpartition("/")[0] for inside in seen} == {provider["options"]["path"]}
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (seen[str(home.parent)] / home.name).exists()
    assert (source["type"], source["isDefault"]) == (PROMETHEUS, True)
    assert source["jsonData"]["timeInterval"] == "$SCRAPE_INTERVAL"
    assert grafana["environment"]["SCRAPE_INTERVAL"] == configuration(system)["global"]["scrape_interval"]
    for path in (path for folder in seen.values() for path in folder.glob("*.json")):
        dashboard, _ = read_dashboard(path, path.name)
        assert dashboard
        (variable,) = [one for one in dashboard.templating.variables if one.type == "datasource"]
        asked = [panel.datasource for _, panel in dashboard.panels_with_rows() if panel.datasource]
        asked += [one.datasource for one in dashboard.templating.variables if one.datasource]
        assert variable.query == source["type"]
        assert {(one.type, one.uid) for one in asked} == {(source["type"], f"${{{variable.name}}}")}


def configuration(system: str) -> dict[str, Any]:
    """Return a system's configuration of Prometheus."""
    return dict(yaml.safe_load((FOLDER / system / "prometheus.yml").read_text()))


@each_system
def test_prometheus_takes_it(system: str, tmp_path: Path) -> None:
    """Prometheus reads its configuration, with all rules of the system, none of them compressed."""
    for inside, path in mounts(of(system)["prometheus"]).items():
        place = tmp_path / inside.strip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    etc = tmp_path / "etc" / "prometheus"
    subprocess.run([str(binaries.find("promtool").path), "check", "config", "prometheus.yml"], cwd=etc, check=True)
    scenario = load_scenario(conventions.SCENARIOS / system)
    rules = {path.name: path.read_text() for path in (etc / "rules").iterdir()}
    assert rules == {path.name: path.read_text() for path in scenario.rule_files}
    every = next((scrape.every for scrape in scenario.contract.scrape if scrape.every), "15s")
    assert configuration(system)["global"]["scrape_interval"] == every


@each_system
def test_alertmanager_takes_it(system: str) -> None:
    """Alertmanager reads its configuration, whose times are those of the system and whose receivers are the page's."""
    file = FOLDER / system / "alertmanager.yml"
    amtool = binaries.find("alertmanager").path.with_name("amtool")
    if amtool.exists():
        subprocess.run([str(amtool), "check-config", str(file)], check=True, capture_output=True)
    routing = load_scenario(conventions.SCENARIOS / system).routing.data
    written = yaml.safe_load(file.read_text())
    assert written["route"]["group_wait"] == routing["route"]["group_wait"]
    urls = {one["name"]: one["webhook_configs"][0]["url"] for one in written["receivers"]}
    assert urls == {one["name"]: f"http://receiver:8080{PATH}/{one['name']}" for one in routing["receivers"]}


@each_system
def test_fakes_take_it(system: str) -> None:
    """The fakes read their configuration, and it is the drill's."""
    written = yaml.safe_load((FOLDER / system / "fakes.yml").read_text())
    parse(written)
    assert written == {"seed": 1, **load_scenario(conventions.SCENARIOS / system).drill.fakes.config}


@each_system
def test_locust_takes_it(system: str) -> None:
    """What Locust is set up with is what a drill sets it up with, but for where files are."""
    written = json.loads((FOLDER / system / "load.json").read_text())
    usual = settings(load_scenario(conventions.SCENARIOS / system), LoadSettings("", Path("/tmp"), seed=1))  # noqa: S108
    places = {"users", "folder", "ledger", "metrics"}
    assert {key: value for key, value in written.items() if key not in places} == {
        key: value for key, value in json.loads(json.dumps(usual)).items() if key not in places
    }
    assert set(written) == set(usual)


def test_the_page() -> None:
    """The documentation's table has each part's port and variable, and every image's variable."""
    page = (ROOT / "docs" / "compose.md").read_text()
    for part, service in of("content_creation_crew").items():
        ((_, variable, port),) = published(service)
        found = VARIABLE.fullmatch(service["image"])
        assert re.search(rf"\b{port}\b.*`{variable}`", page), part
        assert found
        assert f"`{found[1]}`" in page, part
