"""The test of an alert's life on recorded phases, as a file that plain `promtool test rules` runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill.durations import notation
from promdrill.virtual.case import series
from promdrill.virtual.life import selector
from promdrill.virtual.testfile import notified, written

if TYPE_CHECKING:
    from promdrill.virtual.relived import Relived
    from promdrill.virtual.search import Setting
    from promdrill.virtual.testfile import Files


Asked = list[dict[str, Any]]


def write_relived(setting: Setting, relived: Relived, files: Files) -> str:
    """Return the test file of one alert that lived through its recorded phases."""
    rule, plan, life = setting.rule, setting.plan, relived.life
    at = dict(life.states)
    first = {"instance": relived.labels}
    pending = [at["pending"], at["firing"] - plan.interval] if "pending" in at else []
    asked = [
        *_state(setting, files, life.cause - plan.interval),
        *(one for time in dict.fromkeys(pending) for one in _state(setting, files, time, "pending", **first)),
        *_state(setting, files, at["firing"], "firing", **first),
        *_state(setting, files, relived.last, "firing", **first),
        *_state(setting, files, relived.case.end),
    ]
    told = {} if files.shared else {"alert_rule_test": [notified(rule, relived.fired, relived.last)]}
    story = ", ".join(f"{name} at {notation(time)}" for name, time in life.states[1:])
    return _written(setting, relived, files, story, {"promql_expr_test": asked, **told})


def write_expected(setting: Setting, relived: Relived, files: Files) -> str:
    """Return the test file of one that did otherwise than its rule says: what it should have done, which fails."""
    times = (relived.life.cause - setting.plan.interval, relived.last, relived.case.end)
    silent, fires, over = (_state(setting, files, time, *states) for time, states in zip(times, EXPECTED, strict=True))
    story = f"it should fire by then and then resolve, and {relived.life.broken}"
    return _written(setting, relived, files, story, {"promql_expr_test": [*silent, *fires, *over]})


# Before the fault, at its end, and long after it.
EXPECTED: tuple[tuple[str, ...], ...] = ((), ("firing",), ())


def _state(setting: Setting, files: Files, time: float, *states: str, **instance: Any) -> Asked:  # noqa: ANN401 - of selector
    return [
        {
            "expr": f"group({selector(setting.rule, one, shared=files.shared, **instance)})",
            "eval_time": notation(time),
            "exp_samples": [{"labels": "{}", "value": 1}] if one in states else [],
        }
        for one in ("pending", "firing")
    ]


def _written(setting: Setting, relived: Relived, files: Files, story: str, asked: dict[str, Any]) -> str:
    rule, plan, life = setting.rule, setting.plan, relived.life
    test = {
        "name": f"{rule.name}: {', '.join(state for state, _ in life.states)}",
        "interval": notation(plan.sample),
        "input_series": series(relived.case, plan.sample),
        **asked,
    }
    says = (
        f"Healthy load as recorded until {notation(life.cause)}, its fault as recorded until {notation(life.cured)},"
        f" then healthy load again: {story}."
    )
    head = f"What a drill recorded around {rule.name}, in the rule's own time; run it with: promtool test rules FILE"
    return written(head, [(says, test)], plan, files)
