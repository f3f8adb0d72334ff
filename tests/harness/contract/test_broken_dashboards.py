from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    ProblemsAfter = Callable[..., list[tuple[str, int]]]

SOURCE = {"type": "prometheus", "uid": "${source}"}
TARGET = {"refId": "A", "expr": "rate(calls_total[$__rate_interval])", "datasource": SOURCE}
PANEL = {"id": 1, "type": "stat", "title": "Calls", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "targets": [TARGET]}
DASHBOARD: dict[str, Any] = {
    "uid": "shop",
    "title": "Shop",
    "schemaVersion": 39,
    "time": {"from": "now-1h", "to": "now"},
    "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
    "panels": [PANEL, {**PANEL, "id": 2, "title": "More", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}}],
}
FILE = "dashboards/shop.json"


@pytest.fixture
def dashboards(folder: Path) -> Path:
    """The folder of the system's dashboards, of which there is one that is right in every way."""
    (folder / conventions.DASHBOARDS).mkdir()
    (folder / FILE).write_text(json.dumps(DASHBOARD, indent=1), encoding="utf-8")
    return folder / conventions.DASHBOARDS


def test_read(folder: Path, dashboards: Path) -> None:
    """The dashboards beside the rules are read."""
    assert [board.path for board in load_scenario(folder).dashboards] == [dashboards / "shop.json"]


@pytest.mark.usefixtures("dashboards")
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"Shop",', '"Shop"', 4),
        ('"title": "Shop"', '"name": "Shop"', 1),
        ('"shop"', '"a shop"', 2),
        ('"uid"', '"id": 7,\n "uid"', 2),
        ('"id": 1', '"id": 2', 41),
        ('"w": 12', '"w": 13', 44),
        ('"x": 12', '"x": 13', 44),
        ("${source}", "P1809F", 33),
        (',\n     "datasource": {\n      "type": "prometheus",\n      "uid": "${source}"\n     }', "", 30),
        ("$__rate_interval", "$rate", 32),
        ("calls_total", "calls_total{x='${source:csv}'}", 32),
    ],
    ids=[
        "JSON",
        "title",
        "uid",
        "id",
        "id of a panel",
        "overlap",
        "width",
        "one Grafana's source",
        "no source",
        "PromQL",
        "format",
    ],
)
def test_broken(problems_after: ProblemsAfter, old: str, new: str, line: int) -> None:
    """What Grafana could not import or ask is told with file and line."""
    assert problems_after((FILE, old, new)) == [(FILE, line)]


def change(folder: Path, **changed: Any) -> None:  # noqa: ANN401 - JSON
    """Replace keys of the dashboard."""
    (folder / FILE).write_text(json.dumps({**DASHBOARD, **changed}, indent=1), encoding="utf-8")


@pytest.mark.usefixtures("dashboards")
def test_variables(folder: Path, problems_after: ProblemsAfter) -> None:
    """A variable that cannot be resolved here is told, and so is one of a name that is taken."""
    source = DASHBOARD["templating"]["list"][0]
    asking = {"name": "model", "type": "query", "datasource": SOURCE}
    wrong = [
        {**asking, "query": "query_result(up)"},
        {**asking, "name": "shop", "query": "label_values(model)", "regex": "/a/"},
        {"name": "shop", "type": "snapshot"},
        {"name": "kind", "type": "query", "query": "label_values(kind)"},
    ]
    change(folder, templating={"list": [source, *wrong]})
    assert problems_after() == [(FILE, line) for line in (23, 32, 36, 37, 39)]


@pytest.mark.usefixtures("dashboards")
def test_rows(folder: Path, problems_after: ProblemsAfter) -> None:
    """Panels of a collapsed row are placed among themselves, and read like others."""
    row = {"id": 3, "type": "row", "title": "Row", "gridPos": {"x": 0, "y": 8, "w": 24, "h": 1}, "collapsed": True}
    inner = [{**PANEL, "id": 4}, {**PANEL, "id": 5, "targets": [TARGET, TARGET]}]
    change(folder, panels=[PANEL, {**row, "panels": inner}])
    assert problems_after() == [(FILE, 77), (FILE, 93)]


@pytest.mark.usefixtures("dashboards")
def test_model_of_grafana(folder: Path) -> None:
    """What no record here reads, and Grafana's own model cannot hold, is told."""
    change(folder, annotations={"list": [1]})
    with pytest.raises(ContractError, match="Grafana's own model of a dashboard does not accept it: TypeError"):
        load_scenario(folder)


def test_uids(dashboards: Path, problems_after: ProblemsAfter) -> None:
    """Two dashboards of one uid would overwrite each other."""
    (dashboards / "two.json").write_text((dashboards / "shop.json").read_text(encoding="utf-8"), encoding="utf-8")
    assert problems_after() == [("dashboards/two.json", 2)]


@pytest.mark.usefixtures("dashboards")
def test_no_such_dashboard(problems_after: ProblemsAfter) -> None:
    """A panel, or a setting, of a dashboard that is not there is a mistake of the contract."""
    promised = """\
panels:
  - {panel: Calls, dashboard: shop, title: Calls, source: "doc:1"}
  - {panel: More, dashboard: shopp, title: More, source: "doc:1"}
dashboard_settings:
  - {subject: settings, dashboard: main, refresh: 5s, from: now-1h, source: "doc:1"}
queries:
"""
    assert problems_after(("contract.yml", "queries:\n", promised)) == [("contract.yml", 13), ("contract.yml", 15)]
