from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from promdrill import conventions
from promdrill.contract import load_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Told = tuple[str, int, str, str]

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
ANYWHERE = "name a variable of type datasource, so that the file imports anywhere"


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
    ("old", "new", "expected"),
    [
        ('"Shop",', '"Shop"', (4, "not JSON: Expecting ',' delimiter", "")),
        ('"title": "Shop"', '"name": "Shop"', (1, "missing key title", "")),
        ('"shop"', '"a shop"', (2, "uid: String should match pattern '^[\\w-]{1,40}$', not 'a shop'", "")),
        (
            '"uid"',
            '"id": 7,\n "uid"',
            (2, "id is left from the Grafana that exported it", "take it out: the file imports without"),
        ),
        ('"id": 1', '"id": 2', (41, "'More' has the id of 'Calls'", "give each panel its own")),
        ('"w": 12', '"w": 13', (44, "'More' overlaps 'Calls'", "move one of them")),
        (
            '"x": 12',
            '"x": 13',
            (44, "'More' sticks out of the 24 columns", "move it or make it narrower"),
        ),
        (
            "${source}",
            "P1809F",
            (
                33,
                "'Calls', query A: the data source 'P1809F' of type prometheus is that of one Grafana only",
                ANYWHERE,
            ),
        ),
        (
            ',\n     "datasource": {\n      "type": "prometheus",\n      "uid": "${source}"\n     }',
            "",
            (30, "'Calls', query A names no data source", ANYWHERE),
        ),
        (
            "$__rate_interval",
            "$rate",
            (
                32,
                "'Calls', query A is not PromQL: unexpected character inside brackets: '$'",
                "mend it; what is no variable stays as it is",
            ),
        ),
        (
            "calls_total",
            "calls_total{x='${source:csv}'}",
            (32, "'Calls', query A: the format 'csv' of a variable cannot be resolved here", "leave it out"),
        ),
    ],
)
def test_broken(problems_after: Callable[..., list[Told]], old: str, new: str, expected: tuple[int, str, str]) -> None:
    """What Grafana could not import or ask is told with file and line."""
    line, what, remedy = expected
    assert problems_after((FILE, old, new)) == [(FILE, line, what, remedy)]


def told(folder: Path, problems_after: Callable[..., list[Told]], **changed: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return what is told of the dashboard when keys of it are replaced."""
    (folder / FILE).write_text(json.dumps({**DASHBOARD, **changed}, indent=1), encoding="utf-8")
    return [what for _, _, what, _ in problems_after()]


@pytest.mark.usefixtures("dashboards")
def test_variables(folder: Path, problems_after: Callable[..., list[Told]]) -> None:
    """A variable that cannot be resolved here is told, and so is one of a name that is taken."""
    source = DASHBOARD["templating"]["list"][0]
    asking = {"name": "model", "type": "query", "datasource": SOURCE}
    wrong = [
        {**asking, "query": "query_result(up)"},
        {**asking, "name": "shop", "query": "label_values(model)", "regex": "/a/"},
        {"name": "shop", "type": "snapshot"},
        {"name": "kind", "type": "query", "query": "label_values(kind)"},
    ]
    assert told(folder, problems_after, templating={"list": [source, *wrong]}) == [
        "variable model cannot be resolved here: query_result(up)",
        "variable shop cannot be resolved here: label_values(model) /a/",
        "a second variable is named shop",
        "no variable of type 'snapshot' can be resolved here",
        "variable kind names no data source",
    ]


@pytest.mark.usefixtures("dashboards")
def test_rows(folder: Path, problems_after: Callable[..., list[Told]]) -> None:
    """Panels of a collapsed row are placed among themselves, and read like others."""
    row = {"id": 3, "type": "row", "title": "Row", "gridPos": {"x": 0, "y": 8, "w": 24, "h": 1}, "collapsed": True}
    inner = [{**PANEL, "id": 4}, {**PANEL, "id": 5, "targets": [TARGET, TARGET]}]
    assert told(folder, problems_after, panels=[PANEL, {**row, "panels": inner}]) == [
        "'Calls' overlaps 'Calls'",
        "'Calls', query A: a second query of this name",
    ]


@pytest.mark.usefixtures("dashboards")
def test_model_of_grafana(folder: Path, problems_after: Callable[..., list[Told]]) -> None:
    """What no record here reads, and Grafana's own model cannot hold, is told."""
    [what] = told(folder, problems_after, annotations={"list": [1]})
    assert what.startswith("Grafana's own model of a dashboard does not take it: TypeError")


def test_uids(dashboards: Path, problems_after: Callable[..., list[Told]]) -> None:
    """Two dashboards of one uid would overwrite each other."""
    (dashboards / "two.json").write_text((dashboards / "shop.json").read_text(encoding="utf-8"), encoding="utf-8")
    assert problems_after() == [
        ("dashboards/two.json", 2, "shop/dashboards/shop.json has the uid shop already", "give each dashboard its own")
    ]


@pytest.mark.usefixtures("dashboards")
def test_no_such_dashboard(problems_after: Callable[..., list[Told]]) -> None:
    """A panel, or a setting, of a dashboard that is not there is a mistake of the contract."""
    promised = """\
panels:
  - {panel: Calls, dashboard: shop, title: Calls, source: "doc:1"}
  - {panel: More, dashboard: shopp, title: More, source: "doc:1"}
dashboard_settings:
  - {subject: settings, dashboard: main, refresh: 5s, from: now-1h, source: "doc:1"}
queries:
"""
    remedy = "dashboards: shop"
    assert problems_after(("contract.yml", "queries:\n", promised)) == [
        (
            "contract.yml",
            13,
            "there is no dashboards/shopp.json beside the rules (did you mean 'shop'?)",
            remedy,
        ),
        ("contract.yml", 15, "there is no dashboards/main.json beside the rules", remedy),
    ]
