"""A dashboard opened on a saved run: its time range is the healthy phase, its queries are asked of the saved TSDB."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from promdrill.contract.dashboards import RESOLVED
from promdrill.contract.interpolation import LABEL_VALUES, Chosen, interpolate, names, times
from promdrill.evidence.prometheus_api import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.dashboards import Dashboard, Panel, Target, Variable
    from promdrill.evidence.folder import Evidence
    from promdrill.evidence.prometheus_api import Answer


@dataclass(frozen=True)
class View:
    """One dashboard on one run."""

    dashboard: Dashboard
    evidence: Evidence

    @cached_property
    def choices(self) -> dict[str, Chosen]:
        """What each variable stands for when all of its values are chosen; a text when there is just that."""
        found: dict[str, Chosen] = {}
        for variable in self.dashboard.templating.variables:
            if variable.type in RESOLVED:
                found[variable.name] = self._values(variable, found)
        return found

    def ask(self, panel: Panel, target: Target, **only: str) -> tuple[str, Answer]:
        """Return a query as it was sent and its answer; each of `only` limits a variable to one value.

        Raises:
            QueryError: Prometheus refused it.
        """
        phase = self.evidence.baseline
        scrape = self.evidence.run.scrape_interval
        chosen = self.choices | {name: Chosen((value,), several=True) for name, value in only.items()}
        sent = interpolate(
            target.expr, times(phase.start, phase.end, scrape, (target.interval, panel.interval)) | chosen
        )
        if target.instant and not target.range:
            return sent, self.evidence.query(sent, phase.end)
        return sent, self.evidence.query_range(sent, phase.start, phase.end)

    def single(self, target: Target) -> Iterator[tuple[str, str]]:
        """Yield each value, with its variable, that a query can be limited to."""
        for name in sorted(names(target.expr) & self.choices.keys()):
            if self.choices[name].several:
                yield from ((name, value) for value in self.choices[name].values)

    def _values(self, variable: Variable, found: dict[str, Chosen]) -> Chosen:
        several = variable.multi or variable.include_all
        values = variable.file_values or self._label_values(interpolate(variable.query_text, found))
        return Chosen(values if several else values[:1], several, variable.all_value if variable.include_all else None)

    def _label_values(self, query: str) -> tuple[str, ...]:
        """Return what `label_values(selector, label)` gives on the run."""
        asked = LABEL_VALUES.fullmatch(query)
        if asked is None:
            return ()
        label = asked["label"]
        selector = asked["selector"] or f'{{{label}!=""}}'
        answer = self.evidence.query(f"group by ({label}) ({selector})", self.evidence.under_load)
        found = ({NAME: series.name, **dict(series.labels)} for series in answer.series)
        return tuple(sorted(labels[label] for labels in found if label in labels))
