"""What Grafana needs of dashboard files so that they import anywhere without an edit, and ask what they mean to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.dashboard import Dashboard as GrafanaDashboard

from promdrill import conventions
from promdrill.contract.dashboards import COLUMNS, RESOLVED, WRITTEN, locate, read_dashboard
from promdrill.contract.interpolation import LABEL_VALUES, VARIABLE, Chosen, interpolate, names, times
from promdrill.errors import did_you_mean
from promdrill.rules.promql import syntax_error

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from promdrill.contract.dashboards import Dashboard, DataSource, Panel, Variable
    from promdrill.contract.records import Contract
    from promdrill.yamlfile import Key, YamlFile

    Wrong = tuple[Key, str, str]

# What only the Grafana knows that a file was exported from, or what asks whoever imports it.
LEFTOVERS = ("__inputs", "__requires", "__elements", "id")
# Data sources that every Grafana has.
BUILT_IN = frozenset({"-- Grafana --", "-- Mixed --", "-- Dashboard --", "__expr__", "grafana"})
# Types of variables that no query holds.
NOT_IN_QUERIES = frozenset({"datasource", "adhoc"})
FORMATS = frozenset({None, "raw"})
ANYWHERE = "name a variable of type datasource, so that the file imports anywhere"


def read_dashboards(paths: Mapping[Path, str]) -> tuple[tuple[Dashboard, ...], tuple[YamlFile, ...]]:
    """Return the dashboards of files, given with the name by which to tell each, and what is wrong with the files."""
    dashboards: list[Dashboard] = []
    files: list[YamlFile] = []
    uids: dict[str, str] = {}
    for path, name in paths.items():
        dashboard, file = read_dashboard(path, name)
        files.append(file)
        if dashboard is None:
            continue
        dashboards.append(dashboard)
        wrong = list(_wrong(dashboard, file))
        if (first := uids.setdefault(dashboard.uid, name)) != name:
            wrong.append((("uid",), f"{first} has the uid {dashboard.uid} already", "give each dashboard its own"))
        if wrong:
            locate(path, file)
        for key, what, remedy in wrong:
            file.problem(key, what, remedy)
    return tuple(dashboards), tuple(files)


def verify_dashboards(contract: Contract, file: YamlFile, names: Collection[str]) -> None:
    """Note in the contract's problems each dashboard that it names and that no file is."""
    named = [("panels", index, one.dashboard) for index, one in enumerate(contract.panels)]
    named += [("dashboard_settings", index, one.dashboard) for index, one in enumerate(contract.dashboard_settings)]
    for section, index, name in named:
        if name not in names:
            what = f"there is no {conventions.DASHBOARDS}/{name}.json beside the rules{did_you_mean(name, names)}"
            file.problem((section, index, "dashboard"), what, f"dashboards: {', '.join(names) or 'none'}")


def _wrong(dashboard: Dashboard, file: YamlFile) -> Iterator[Wrong]:
    for key in LEFTOVERS:
        if file.data.get(key) is not None:
            yield (key,), f"{key} is left from the Grafana that exported it", "remove it: the file imports without it"
    yield from _places(dashboard)
    variables = dashboard.templating.variables
    for index, variable in enumerate(variables):
        path = ("templating", "list", index)
        if any(variable.name == one.name for one in variables[:index]):
            yield (*path, "name"), f"a second variable is named {variable.name}", "rename one"
        yield from _variable(variable, path, variables)
    for place, panel in dashboard.panels_with_paths():
        yield from _queries(panel, place, variables)
    try:
        GrafanaDashboard.from_json(file.data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        yield (), f"Grafana's own model of a dashboard does not accept it: {error!r}", "export it from Grafana again"


def _places(dashboard: Dashboard) -> Iterator[Wrong]:
    placed: list[tuple[Key, Panel]] = []
    for path, panel in dashboard.panels_with_paths():
        at = (*path, "gridPos")
        if panel.grid_pos.x + panel.grid_pos.w > COLUMNS:
            yield at, f"{panel.title!r} sticks out of the {COLUMNS} columns", "move it or make it narrower"
        for other_path, other in placed:
            if panel.id == other.id:
                yield (*path, "id"), f"{panel.title!r} has the id of {other.title!r}", "give each panel its own"
            # What a collapsed row holds is placed among its like.
            if path[:-1] == other_path[:-1] and panel.grid_pos.overlaps(other.grid_pos):
                yield at, f"{panel.title!r} overlaps {other.title!r}", "move one of them"
        placed.append((path, panel))


def _variable(variable: Variable, path: Key, variables: tuple[Variable, ...]) -> Iterator[Wrong]:
    if variable.type in WRITTEN | NOT_IN_QUERIES:
        return
    if variable.type != "query":
        known = ", ".join(sorted(RESOLVED | NOT_IN_QUERIES))
        yield (*path, "type"), f"no variable of type {variable.type!r} can be resolved here", f"types: {known}"
        return
    yield from _data_source(variable.datasource, f"variable {variable.name}", path, variables)
    if not LABEL_VALUES.fullmatch(variable.query_text) or variable.regex:
        what = f"variable {variable.name} cannot be resolved here: {variable.query_text} {variable.regex}".rstrip()
        yield (*path, "query"), what, "ask for label_values(metric, label), without a regex"


def _queries(panel: Panel, path: Key, variables: tuple[Variable, ...]) -> Iterator[Wrong]:
    sample = times(0, 60, 15) | {
        variable.name: Chosen(variable.file_values[:1] or ("value",)) for variable in variables
    }
    for index, target in enumerate(panel.targets):
        at = (*path, "targets", index)
        whose = f"{panel.title!r}, query {target.ref_id}"
        if any(target.ref_id == one.ref_id for one in panel.targets[:index]):
            yield (*at, "refId"), f"{whose}: a second query of this name", "rename one"
        yield from _data_source(target.datasource or panel.datasource, whose, at, variables)
        if target not in panel.queries:
            continue
        for form in {found["form"] for found in VARIABLE.finditer(target.expr)} - FORMATS:
            yield (*at, "expr"), f"{whose}: the format {form!r} of a variable cannot be resolved here", "leave it out"
        if error := syntax_error(interpolate(target.expr, sample)):
            yield (
                (*at, "expr"),
                f"{whose} is not PromQL: {error}",
                "correct it; text that is not a variable stays unchanged",
            )


def _data_source(source: DataSource | None, whose: str, path: Key, variables: tuple[Variable, ...]) -> Iterator[Wrong]:
    if source is None:
        yield path, f"{whose} names no data source", ANYWHERE
    elif source.uid not in BUILT_IN and not any(
        names(source.uid) == {one.name} and one.type == "datasource" and one.query_text == source.type
        for one in variables
    ):
        what = f"{whose}: the data source {source.uid!r} of type {source.type} exists in one Grafana only"
        yield (*path, "datasource"), what, ANYWHERE
