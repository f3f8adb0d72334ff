"""Every documented panel is there, and every query of every dashboard answers over the run as Grafana would ask it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.dashboard import View
from promdrill.evidence.prometheus_api import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.dashboards import Panel, Target
    from promdrill.contract.telemetry import DashboardSettings
    from promdrill.contract.telemetry import Panel as Promised
    from promdrill.evidence import Evidence
    from promdrill.evidence.prometheus_api import Series
    from promdrill.model import Result

    # What is wrong, and what to do about it.
    Wrong = tuple[str, str]

IN_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# Grafana then writes a legend of its own.
AUTOMATIC = "__auto"


@check("panel")
def panel(evidence: Evidence) -> Iterator[Result]:
    """Each documented panel, then each other one, then what is promised of whole dashboards."""
    contract = evidence.scenario.contract
    left = list(contract.panels)
    for dashboard in evidence.scenario.dashboards:
        view = View(dashboard, evidence)
        for row, shown in dashboard.panels_with_rows():
            promised = next((one for one in left if _is(one, dashboard.name, row, shown)), None)
            if promised:
                left.remove(promised)
                yield _judge(_claim(promised, evidence), shown, view)
            elif shown.queries:
                yield _judge(ResultsFor("panel", f"{dashboard.name}: {shown.title or shown.id}"), shown, view)
    yield from (_absent(_claim(promised, evidence), promised, evidence) for promised in left)
    yield from (_settings(settings, evidence) for settings in contract.dashboard_settings)


def _claim(promised: Promised, evidence: Evidence) -> ResultsFor:
    return ResultsFor("panel", promised.panel, evidence.scenario.source(promised.source))


def _is(promised: Promised, dashboard: str, row: str | None, shown: Panel) -> bool:
    return (promised.dashboard, promised.title) == (dashboard, shown.title) and promised.row in {None, row}


def _absent(claim: ResultsFor, promised: Promised, evidence: Evidence) -> Result:
    here = [
        f"{row} / {shown.title}" if row else shown.title
        for dashboard in evidence.scenario.dashboards
        if dashboard.name == promised.dashboard
        for row, shown in dashboard.panels_with_rows()
    ]
    where = (f"row {promised.row} of " if promised.row else "") + f"{promised.dashboard}.json"
    return claim.failed(
        f"{claim.subject}: no panel of {where} has the title {promised.title!r}",
        f"add it, or correct its title; there are: {', '.join(here)}",
        dashboard=promised.dashboard,
        row=promised.row,
        title=promised.title,
        seen=here,
    )


def _judge(claim: ResultsFor, shown: Panel, view: View) -> Result:
    counts: dict[str, int] = {}
    numbers = {"dashboard": view.dashboard.name, "panel": shown.id, "series": counts}
    for what, remedy in _presentation_defects(shown):
        return claim.failed(f"{claim.subject}: {what}", remedy, **numbers)
    for target in shown.queries:
        for what, remedy in _query_defects(shown, target, view, counts):
            return claim.failed(f"{claim.subject}, query {target.ref_id}: {what}", remedy, query=target.expr, **numbers)
    series = sum(counts[target.ref_id] for target in shown.queries)
    return claim.passed(f"{series} series over the healthy phase", **numbers)


def _presentation_defects(shown: Panel) -> Iterator[Wrong]:
    """Yield what a panel lacks to be read."""
    if not shown.queries:
        yield "it has no expression", "give it a query"
    if not shown.title:
        yield f"panel {shown.id} has no title", "give it one"
    if not shown.field_config.defaults.unit:
        yield "it has no unit", "set a unit, so that readers can tell seconds from dollars"
    for target in shown.queries:
        if not target.legend_format:
            yield f"query {target.ref_id} has no legend", "set its legend format, such as {{model}}"


def _query_defects(shown: Panel, target: Target, view: View, counts: dict[str, int]) -> Iterator[Wrong]:
    """Yield what is wrong with the answers to one query; note how many series each of them has in `counts`."""
    try:
        sent, answer = view.ask(shown, target)
        counts[target.ref_id] = len(answer.series)
        if not answer.series:
            yield f"{sent} returns nothing", "query each part alone: one selects nothing, or labels do not match"
        elif not any(math.isfinite(value) for series in answer.series for _, value in series.points):
            yield (
                f"{sent} returns no number, only NaN",
                "guard the division against 0, or make the load cause what this series counts",
            )
        yield from _legend_defects(target, answer.series)
        for name, value in view.single(target):
            sent, answer = view.ask(shown, target, **{name: value})
            if not answer.series:
                yield f"with {name} = {value}: {sent} returns nothing", "compare the variable by =~ with its own label"
    except QueryError as error:
        yield f"Prometheus refuses it: {error}", "correct the query"


def _legend_defects(target: Target, answered: tuple[Series, ...]) -> Iterator[Wrong]:
    """Yield why the legend does not tell the series of an answer apart; a table has columns instead."""
    if target.legend_format == AUTOMATIC or target.format == "table":
        return
    named = IN_LEGEND.findall(target.legend_format)
    legends = [{"__name__": series.name, **dict(series.labels)} for series in answered]
    for absent in (name for labels in legends for name in named if name not in labels):
        yield f"the legend names {absent}, which its answer lacks", "name labels that the query keeps"
    different = len({tuple(labels.get(name) for name in named) for labels in legends})
    if different < len(answered):
        yield f"its {len(answered)} series have {different} legends in all", "add the labels that differ to the legend"


def _settings(promised: DashboardSettings, evidence: Evidence) -> Result:
    claim = ResultsFor("panel", promised.subject, evidence.scenario.source(promised.source))
    dashboard = next(one for one in evidence.scenario.dashboards if one.name == promised.dashboard)
    expected = {"refresh": promised.refresh, "from": promised.from_, "tags": sorted(promised.tags)}
    tags = sorted(set(dashboard.tags) & set(promised.tags))
    seen = {"refresh": dashboard.refresh, "from": dashboard.time.from_, "tags": tags}
    if seen != expected:
        wrong = next(key for key in expected if seen[key] != expected[key])
        return claim.failed(
            f"{claim.subject}: {wrong} of {dashboard.name}.json is {seen[wrong]}; the documents say {expected[wrong]}",
            "correct it in the file",
            expected=expected,
            seen=seen,
        )
    return claim.passed(f"refresh {promised.refresh}, from {promised.from_}, tags {', '.join(promised.tags)}", **seen)
