from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard as GrafanaDashboard

from promdrill import conventions
from promdrill.contract.dashboard_checks import read_dashboards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATHS = sorted(conventions.PROMETHEUS.glob(f"*/{conventions.DASHBOARDS}/*.json"))
PANELS = {
    "content_creation_crew/content_creation_crew": 21,
    "ai_shorts/main": 6,
    "ai_shorts/services": 6,
    "ai_shorts/cost": 6,
    "aurea_orchestrator/aurea_orchestrator": 8,
    "digital_actors/digital_actors": 8,
    "load/load": 15,
}


def lost(before: Any, after: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the place of each value of a JSON document that another one lacks."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if value is not None:
                yield from lost(value, after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{path}[{index}]")
    elif before != after:
        yield path


def test_all() -> None:
    """Systems have dashboards with as many panels as their documents name, the load has one; nothing is wrong."""
    dashboards, files = read_dashboards({path: str(path) for path in PATHS})
    assert [problem for file in files for problem in file.problems] == []
    assert {
        f"{one.path.parent.parent.name}/{one.name}": len(list(one.panels_with_rows())) for one in dashboards
    } == PANELS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_known_to_grafana(path: Path) -> None:
    """Grafana's own models hold all that the file says: read into them and written again, nothing of it is lost."""
    register_default_plugins()
    data = json.loads(path.read_text(encoding="utf-8"))
    assert list(lost(data, json.loads(JSONEncoder().encode(GrafanaDashboard.from_json(data))))) == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_reads_at_once(path: Path) -> None:
    """A dashboard opens with all values chosen where there can be several; each of its panels says what it shows."""
    data = json.loads(path.read_text(encoding="utf-8"))
    asked = [one for one in data["templating"]["list"] if one["type"] == "query" and one["multi"]]
    assert [one["name"] for one in asked if one["current"]["value"] != "$__all"] == []
    assert [one["title"] for one in data["panels"] if one["type"] != "row" and not one["description"]] == []
