"""The tests of a proved alert as a file that plain `promtool test rules` runs, to be read and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from promdrill.durations import notation
from promdrill.virtual import life as lives
from promdrill.virtual.case import Case, series
from promdrill.virtual.life import GAP, NOTHING, RESET, Life, selector
from promdrill.virtual.promtool import Dumper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promdrill.rules.rulefile import Rule
    from promdrill.virtual.promtool import Fired
    from promdrill.virtual.schedule import Schedule
    from promdrill.virtual.search import Found, Setting

SAYS = {
    NOTHING: "Without any series it stays silent.",
    GAP: "It stays silent where scrapes are missed.",
    RESET: "It stays silent where counters begin again from 0.",
}


@dataclass(frozen=True)
class Files:
    """The rule files of a test, the order of their groups, and whether another rule in them has the alert's name."""

    names: Sequence[str]
    groups: Sequence[str]
    shared: bool


def write_tests(setting: Setting, found: Found, life: Life, files: Files) -> str:
    """Return the test file of one alert."""
    says = f"What promdrill showed of {setting.rule.name}; run it with: promtool test rules FILE"
    return written(says, _tests(setting, found, life, shared=files.shared), setting.plan, files)


def written(says: str, tests: Iterable[tuple[str, dict[str, Any]]], plan: Schedule, files: Files) -> str:
    """Return a test file: what it is, then each test with the sentence that says what it shows."""
    lines = [
        f"# {says}",
        _dumped(
            {
                "rule_files": list(files.names),
                "evaluation_interval": notation(plan.interval),
                "group_eval_order": list(files.groups),
            }
        ).rstrip(),
        "tests:",
    ]
    for sentence, test in tests:
        lines += [f"  # {sentence}", *(f"  {line}" for line in _dumped([test]).rstrip().splitlines())]
    return "\n".join(lines) + "\n"


def _dumped(data: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    return str(yaml.dump(data, Dumper=Dumper, sort_keys=False, width=4000, allow_unicode=True))


def _tests(setting: Setting, found: Found, life: Life, *, shared: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each test with the sentence that says what it shows."""
    plan, rule = setting.plan, setting.rule

    def test(name: str, case: Case, *asked: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "name": f"{rule.name}: {name}",
            "interval": notation(plan.sample),
            "input_series": series(case, plan.sample),
            "promql_expr_test": [one for part in asked for one in part],
        }

    def state(time: float, *states: str) -> list[dict[str, Any]]:
        return [_expected(rule, time, one, there=one in states, shared=shared) for one in ("pending", "firing")]

    pending = (state(life.pending, "pending"), state(life.firing - plan.interval, "pending")) if life.pending else ()
    after = (state(life.firing, "firing"), state(life.firing_until + plan.interval), state(life.case.end))
    whole = test(", ".join(life.states), life.case, state(life.fires_from - plan.interval), *pending, *after)
    if not shared:
        whole["alert_rule_test"] = [notified(rule, life.fired, life.last)]
    yield _story(setting, life), whole
    for name, motions, states, value in (("just under", found.under, (), 0), ("just over", found.over, ("firing",), 1)):
        if motions is not None and found.boundary is not None:
            case = Case(lives.before(found, plan, motions, life.case.segments[1].seconds))
            says = f"At {found.boundary[value]:.6g} it {'fires' if states else 'stays silent'}."
            yield says, test(name, case, state(case.end - plan.interval, *states))
    for name, case in lives.disturbances(setting, found).items():
        if not life.also[name]:
            text = case.queries[0][0].replace(selector(rule, "firing"), selector(rule, "firing", shared=shared))
            yield SAYS[name], test(name, case, [{"expr": text, "eval_time": notation(case.end), "exp_samples": []}])


def _expected(rule: Rule, time: float, state: str, *, there: bool, shared: bool) -> dict[str, Any]:
    samples = [{"labels": "{}", "value": 1}] if there else []
    return {
        "expr": f"group({selector(rule, state, shared=shared)})",
        "eval_time": notation(time),
        "exp_samples": samples,
    }


def notified(rule: Rule, fired: Iterable[Fired], at: float) -> dict[str, Any]:
    """Return a test of the alerts that fire at a time, with their labels and annotations."""
    alerts = [
        {
            "exp_labels": {label: value for label, value in one.labels.items() if label != "alertname"},
            "exp_annotations": dict(one.annotations),
        }
        for one in fired
    ]
    return {"eval_time": notation(at), "alertname": rule.name, "exp_alerts": alerts}


def _story(setting: Setting, life: Life) -> str:
    rule = setting.rule
    pending = f"pending at {notation(life.pending)}, " if life.pending is not None else ""
    held = f" (for: {rule.for_})" if life.pending is not None else ""
    kept = f" (keep_firing_for: {rule.keep_firing_for})" if rule.keep_firing_for else ""
    return (
        f"Silent until {notation(life.fires_from)}, then true from {notation(life.true_from)}: {pending}"
        f"firing at {notation(life.firing)}{held}, resolved after {notation(life.firing_until)}{kept}."
    )
