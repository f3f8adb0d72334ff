"""A documented indicator meets its target on healthy load, and is beyond its alert threshold when its guard fires."""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING

from promdrill.alerts.states import state_intervals
from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.increase import own_labels
from promdrill.evidence.ledger import format_labels
from promdrill.evidence.prometheus_api import QueryError
from promdrill.rules.compress import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.records import Threshold
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import LabelSet
    from promdrill.model import Result

COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@check("threshold")
def threshold(evidence: Evidence) -> Iterator[Result]:
    """The indicator has a value that meets the target under healthy load; when its guard fires, it is beyond."""
    for name, promised in evidence.scenario.contract.thresholds.items():
        claim = ResultsFor("threshold", name, evidence.scenario.source(promised.source))
        try:
            healthy = _values(promised.expr, evidence, evidence.under_load)
            yield _judge_value(claim, promised, healthy) or _judge_guard(claim, promised, healthy, evidence)
        except QueryError as error:
            yield claim.refused(error, promised.expr)


def _judge_value(claim: ResultsFor, promised: Threshold, healthy: dict[LabelSet, float]) -> Result | None:
    """Return what is wrong with the indicator under healthy load, or None."""
    target = promised.target or "a number"
    if not healthy:
        return claim.failed(
            f"{claim.subject} has no value on healthy load: {promised.expr} returns nothing",
            "query each part of the expression alone: one selects nothing, or their labels do not match",
            expected=target,
            seen=None,
        )
    for labels, value in sorted(healthy.items()):
        if not math.isfinite(value) or (promised.target and not meets(value, promised.target)):
            return claim.failed(
                f"{claim.subject}{format_labels(labels)} is {value:.4g} on healthy load; the documents say {target}",
                "look at what the expression measures and in which unit; if it is right, the service misses its target",
                labels=dict(labels),
                expected=target,
                seen=value if math.isfinite(value) else str(value),
            )
    return None


def _judge_guard(claim: ResultsFor, promised: Threshold, healthy: dict[LabelSet, float], evidence: Evidence) -> Result:
    """Return what the alert that guards the indicator proves; a short run has no alerts to look at."""
    name, guard = claim.subject, promised.guard
    numbers: dict[str, object] = {"target": promised.target, "healthy": _extremes(healthy), "guard": guard}
    met = f"{name} is {_extremes(healthy)} on healthy load" + (f" ({promised.target})" if promised.target else "")
    if guard is None:
        return claim.passed(f"{met}; no rule guards it, as an erratum says", **numbers)
    if evidence.run.short:
        return claim.passed(f"{met}; a short run does not see its guard {guard} fire", **numbers)
    fired = _firing_start(guard, evidence)
    if fired is None:
        return claim.inconclusive(
            f"{name}: its guard {guard} did not fire in this run, so the indicator has no value for its alert",
            "give the alert a phase of the drill that makes it fire",
            **numbers,
        )
    beyond = promised.alert or (f"not {promised.target}" if promised.target else None)
    factor = evidence.run.factors.get(guard, 1.0)
    values = _values(expression(promised.expr, factor), evidence, fired)
    numbers |= {"alert": beyond, "fired": round(fired - evidence.start, 1), "then": _extremes(values)}
    if beyond and not any(_beyond(value, promised) for value in values.values()):
        return claim.failed(
            f"{name} is {_extremes(values)} when its guard {guard} fires; the documents say {beyond}",
            "make the rule and the indicator measure the same, and give the rule the documented threshold",
            **numbers,
        )
    then = f"{_extremes(values)} when {guard} fires" + (f" ({beyond})" if beyond else "")
    return claim.passed(f"{met}, and {then}", **numbers)


def meets(value: float, limit: str) -> bool:
    """Tell whether a value meets a limit such as `> 95`."""
    parts = re.fullmatch(r"([<>]=?)\s*(\S+)", limit)
    if parts is None:
        raise ValueError(f"{limit!r} is no limit: a contract that has it is refused")
    return bool(COMPARISONS[parts[1]](value, float(parts[2])))


def _beyond(value: float, promised: Threshold) -> bool:
    if promised.alert:
        return meets(value, promised.alert)
    return math.isfinite(value) and not meets(value, str(promised.target))


def _firing_start(guard: str, evidence: Evidence) -> float | None:
    """Return when the guard first fired in the phase that makes it fire, in epoch seconds, or None."""
    alert = evidence.scenario.contract.alerts.get(guard)
    since = evidence.phase(alert.phase).start if alert and alert.phase else evidence.baseline.end
    return next((firing.start for firing in state_intervals(evidence, guard).firing if firing.start >= since), None)


def _values(text: str, evidence: Evidence, time: float) -> dict[LabelSet, float]:
    return {own_labels(series.labels): series.value for series in evidence.query(text, time).series}


def _extremes(values: dict[LabelSet, float]) -> str:
    """Return a value as text, or the least and the greatest of several."""
    ends = sorted({f"{end:.4g}" for end in (min(values.values()), max(values.values()))}, key=float) if values else ()
    return " to ".join(ends) or "without a value"
