from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from promdrill.contract.dashboards import Dashboard
from promdrill.contract.interpolation import Chosen
from promdrill.evidence.dashboard import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

# One value a second; the healthy phase is from 2 to 6 s, so $__rate_interval is 4 s and $__range too.
RUNS: dict[str, dict[str, Any]] = {
    "shop": {
        "series": {
            'calls_total{model="a",kind="x"}': range(20),
            'calls_total{model="b",kind="y"}': range(20),
            'calls_total{model="late",kind="x"}': [None] * 7 + [1] * 13,
        }
    }
}
PANEL: dict[str, Any] = {
    "id": 1,
    "type": "stat",
    "gridPos": {"x": 0, "y": 0, "w": 1, "h": 1},
    "targets": [
        {"refId": "A", "expr": 'increase(calls_total{model=~"$model"}[$__rate_interval])'},
        {"refId": "B", "expr": "sum(increase(calls_total[$__range])) * $price", "instant": True},
        {"refId": "C", "expr": "sum(calls_total)", "instant": True, "range": True},
    ],
}
VARIABLES: list[dict[str, Any]] = [
    {"name": "source", "type": "datasource", "query": "prometheus"},
    {"name": "kind", "type": "query", "query": "label_values(kind)"},
    {
        "name": "model",
        "type": "query",
        "includeAll": True,
        "query": {"query": 'label_values(calls_total{kind="$kind"}, model)'},
    },
    {
        "name": "every",
        "type": "query",
        "includeAll": True,
        "allValue": ".+",
        "query": "label_values(calls_total, model)",
    },
    {"name": "size", "type": "custom", "multi": True, "query": "small, large"},
    {"name": "window", "type": "interval", "query": "1m,1h"},
    {"name": "price", "type": "textbox", "query": "0.1,2"},
]


def opened(evidence: Evidence) -> View:
    """Return a dashboard of all variables on a run."""
    data = {
        "path": Path("shop.json"),
        "uid": "shop",
        "title": "Shop",
        "schemaVersion": 39,
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": VARIABLES},
        "panels": [PANEL],
    }
    return View(Dashboard.model_validate(data), evidence)


def test_variables(evidence_of: Callable[[str], Evidence]) -> None:
    """Variables have what the run has in its healthy phase, within what stands before them, or what the file has."""
    assert opened(evidence_of("shop")).choices == {
        "kind": Chosen(("x",)),
        "model": Chosen(("a",), several=True),
        "every": Chosen(("a", "b"), several=True, every=".+"),
        "size": Chosen(("small", "large"), several=True),
        "window": Chosen(("1m",)),
        "price": Chosen(("0.1,2",)),
    }


def test_asked(evidence_of: Callable[[str], Evidence]) -> None:
    """A query is sent with its variables resolved, at every scrape of the phase unless it is an instant query only."""
    view = opened(evidence_of("shop"))
    [panel] = view.dashboard.panels
    asked = [view.ask(panel, target) for target in panel.targets[:1] + panel.targets[2:]]
    assert [(sent, [len(series.points) for series in answer.series]) for sent, answer in asked] == [
        ('increase(calls_total{model=~"a"}[4s])', [5]),
        ("sum(calls_total)", [5]),
    ]


def test_limited(evidence_of: Callable[[str], Evidence]) -> None:
    """A query can be limited to each value of the variables of several that it names."""
    view = opened(evidence_of("shop"))
    [panel] = view.dashboard.panels
    assert [list(view.single(target)) for target in panel.targets] == [[("model", "a")], [], []]
    sent, answer = view.ask(panel, panel.targets[0], model="b")
    assert (sent, len(answer.series)) == ('increase(calls_total{model=~"b"}[4s])', 1)
