from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.panel import panel
from promdrill.contract.dashboards import Dashboard
from promdrill.model import Source, Status
from tests.words import Facts, FactsOf, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promdrill.evidence import Evidence
    from promdrill.model import Result

SOURCE = Source("docs/shop.md", 9)
# Several dashboards on one run: what differs is the panel. Windows of $__rate_interval are 4 s.
RUNS: dict[str, dict[str, Any]] = {
    "shop": {
        "contract": {
            "panels": [
                {"panel": "Sales / calls", "dashboard": "shop", "row": "Sales", "title": "Calls", "source": "doc:9"}
            ]
        },
        "series": {
            'calls_total{model="gpt-3.5",kind="x"}': range(20),
            'calls_total{model="a|b",kind="x"}': range(20),
            'calls_total{model="a|b",kind="y"}': range(20),
            'idle_total{model="a|b"}': [0] * 20,
            "late_total": [None] * 7 + [1] * 13,
        },
    },
    "settings": {
        "contract": {
            "dashboard_settings": [
                {
                    "subject": "dashboard settings",
                    "dashboard": "shop",
                    "refresh": "5s",
                    "from": "now-15m",
                    "tags": ["shop", "llm"],
                    "source": "doc:9",
                }
            ]
        },
        "series": {},
    },
}
CALLS = 'sum by (model) (rate(calls_total{model=~"$model"}[$__rate_interval]))'
BY_MODEL = {"refId": "A", "expr": CALLS, "legendFormat": "{{model}}"}
CALLS_PANEL = {"id": 2, "type": "timeseries", "title": "Calls", "gridPos": {"x": 0, "y": 1, "w": 24, "h": 8}}
UNIT = {"defaults": {"unit": "reqps"}}
ROW = {"id": 1, "type": "row", "title": "Sales", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}}
MODEL = {"name": "model", "type": "query", "includeAll": True, "query": {"query": "label_values(calls_total, model)"}}


def judged(evidence: Evidence, *panels: dict[str, Any], **settings: Any) -> Iterator[Result]:  # noqa: ANN401 - as JSON has it
    """Return the results on a dashboard of these panels."""
    dashboard = Dashboard.model_validate(
        {
            "path": Path("shop.json"),
            "uid": "shop",
            "title": "Shop",
            "schemaVersion": 39,
            "time": {"from": "now-1h", "to": "now"},
            "templating": {"list": [MODEL]},
            "panels": panels,
            **settings,
        }
    )
    return panel(replace(evidence, scenario=replace(evidence.scenario, dashboards=(dashboard,))))


def calls(*targets: dict[str, Any], **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON has it
    """Return the panel of calls with other targets or settings."""
    return {**CALLS_PANEL, "fieldConfig": UNIT, "targets": targets or (BY_MODEL,), **changed}


def result(status: Status, **evidence: object) -> Facts:
    """Return a result about the documented panel."""
    return Facts("panel", "Sales / calls", status, evidence, SOURCE)


def test_answers(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A documented panel that is in its row and answers, for all values and for each, passes."""
    assert facts(judged(evidence_of("shop"), ROW, calls())) == [
        result(Status.PASSED, dashboard="shop", panel=2, series={"A": 2})
    ]


def test_collapsed(evidence_of: Callable[[str], Evidence]) -> None:
    """A panel that a collapsed row holds is in that row."""
    [found] = judged(evidence_of("shop"), {**ROW, "collapsed": True, "panels": [calls()]})
    assert found.status is Status.PASSED


@pytest.mark.parametrize("panels", [(calls(),), ({**ROW, "title": "Costs"}, calls())], ids=["no row", "another"])
def test_another_row(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, panels: tuple[dict[str, Any], ...]
) -> None:
    """A documented panel that is not in its row fails; what stands elsewhere is judged under the dashboard's name."""
    other, absent = facts(judged(evidence_of("shop"), *panels))
    here = ["Calls" if len(panels) == 1 else "Costs / Calls"]
    assert (other.subject, other.status, other.source) == ("shop: Calls", Status.PASSED, None)
    assert absent == result(Status.FAILED, dashboard="shop", row="Sales", title="Calls", seen=here)


@pytest.mark.parametrize(
    "changed",
    [{"targets": []}, {"fieldConfig": {"defaults": {}}}, {"targets": [{**BY_MODEL, "legendFormat": ""}]}],
    ids=["query", "unit", "legend"],
)
def test_undressed(evidence_of: Callable[[str], Evidence], facts: FactsOf, changed: dict[str, Any]) -> None:
    """A documented panel without query, unit or legend fails."""
    assert facts(judged(evidence_of("shop"), ROW, calls(**changed))) == [
        result(Status.FAILED, dashboard="shop", panel=2, series={})
    ]


def test_untitled(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A panel without a title fails under its id; one that asks nothing, such as a text, is left alone."""
    text = {**ROW, "id": 3, "type": "text", "gridPos": {"x": 0, "y": 9, "w": 24, "h": 2}}
    untitled, _ = facts(judged(evidence_of("shop"), calls(title=""), text))
    assert (untitled.subject, untitled.status) == ("shop: 2", Status.FAILED)


LIMITED = 'sum(rate(calls_total{model=~"$model"}[4s])) > 2'


@pytest.mark.parametrize(
    ("changed", "series"),
    [
        ({"expr": "late_total"}, 0),
        ({"expr": "calls_total == 3", "instant": True}, 0),
        ({"expr": 'calls_total{model="$model"}'}, 0),
        ({"expr": "idle_total / idle_total"}, 1),
        ({"legendFormat": "{{model}} {{shop}}"}, 2),
        ({"expr": "calls_total", "legendFormat": "calls"}, 3),
        ({"expr": LIMITED, "legendFormat": "calls"}, 1),
    ],
    ids=["late", "instant", "escaped", "NaN", "legend", "same legends", "one value"],
)
def test_unanswered(
    evidence_of: Callable[[str], Evidence], facts: FactsOf, changed: dict[str, Any], series: int
) -> None:
    """A query that returns nothing, no number, or series that its legend does not tell apart fails, and is named."""
    target = {**BY_MODEL, **changed}
    assert facts(judged(evidence_of("shop"), ROW, calls(target))) == [
        result(Status.FAILED, query=target["expr"], dashboard="shop", panel=2, series={"A": series})
    ]


def test_refused(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A query that Prometheus cannot evaluate fails, with Prometheus' own words."""
    [found] = judged(evidence_of("shop"), ROW, calls({**BY_MODEL, "expr": "calls_total / on (kind) calls_total"}))
    _, prometheus = found.message.split("refuses it: ")
    [found] = facts([masked(found, prometheus)])
    assert found.status is Status.FAILED


def test_ranges_and_columns(evidence_of: Callable[[str], Evidence]) -> None:
    """A query is asked all along the phase; a table and a legend that Grafana writes need to tell nothing apart."""
    early = {**BY_MODEL, "expr": "calls_total == 3", "legendFormat": "__auto"}
    table = {**BY_MODEL, "refId": "B", "expr": "calls_total", "format": "table", "legendFormat": "calls"}
    [found] = judged(evidence_of("shop"), ROW, calls(early, table))
    assert (found.status, found.evidence["series"]) == (Status.PASSED, {"A": 3, "B": 3})


def test_settings(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A dashboard's refresh, time range and tags are the documented ones; more tags do no harm."""
    good = {"refresh": "5s", "time": {"from": "now-15m", "to": "now"}, "tags": ["llm", "more", "shop"]}
    expected = {"refresh": "5s", "from": "now-15m", "tags": ["llm", "shop"]}
    evidence = evidence_of("settings")
    assert facts(judged(evidence, ROW, **good)) == [
        Facts("panel", "dashboard settings", Status.PASSED, expected, SOURCE)
    ]
    assert facts(judged(evidence, ROW, **{**good, "refresh": False})) == [
        Facts(
            "panel",
            "dashboard settings",
            Status.FAILED,
            {"expected": expected, "seen": {**expected, "refresh": False}},
            SOURCE,
        )
    ]
    [found] = facts(judged(evidence, ROW, **{**good, "tags": ["shop"]}))
    assert found.evidence == {"expected": expected, "seen": {**expected, "tags": ["shop"]}}
