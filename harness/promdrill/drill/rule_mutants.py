"""Which rule mutants the drill of a system can show, and which it cannot and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.alerts.deadlines import notice_seconds
from promdrill.errors import UsageError, did_you_mean
from promdrill.rules.compress import compress
from promdrill.rules.mutants.routing import OF_RECEIVERS
from promdrill.rules.mutants.setting import Setting
from promdrill.rules.mutants.table import (
    TRANSFORMATIONS,
    Replaced,
    RuleMutant,
    Target,
    Transformation,
    mutant_name,
    replacements,
)
from promdrill.rules.mutants.tree import InapplicableError
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promdrill.contract import Scenario
    from promdrill.rules.compress import CompressedRules


@dataclass(frozen=True)
class Offer:
    """The mutants that a drill can show, by name, and those that it cannot, each with the reason."""

    mutants: Mapping[str, RuleMutant]
    refused: Mapping[str, str]


def offer(scenario: Scenario) -> Offer:
    """Return the rule mutants of a system.

    Raises:
        UsageError: the system's file of unseen mutants names one that there is not.
    """
    compressed = compress(scenario.rules, scenario.scrape_seconds)
    settings = {alert: _setting(alert, scenario, compressed) for alert in scenario.contract.alerts}
    mutants: dict[str, RuleMutant] = {}
    refused: dict[str, str] = {}
    unseen = _unobservable(scenario)
    for transformation in TRANSFORMATIONS.values():
        alone = transformation.target is Target.ROUTING
        for alert in (None,) if alone else settings:
            try:
                changed = _replacements(transformation, settings[alert] if alert else None, scenario)
            except InapplicableError as error:
                refused[mutant_name(transformation, alert)] = str(error)
            else:
                mutant = RuleMutant(transformation, alert, changed)
                mutants[mutant.name] = mutant
    if strange := [name for name in unseen if name not in mutants]:
        raise UsageError(f"{scenario.folder / conventions.UNSEEN_MUTANTS}: there is no rule mutant {strange[0]}")
    return Offer({name: mutants[name] for name in mutants if name not in unseen}, refused | unseen)


def find_rule_mutants(scenario: Scenario, names: Iterable[str]) -> tuple[RuleMutant, ...]:
    """Return rule mutants by their names, which can all be in one run.

    Raises:
        UsageError: there is none of a name, it is not offered, or two of them change the same.
    """
    offered = offer(scenario)
    chosen: dict[str, RuleMutant] = {}
    found: dict[object, RuleMutant] = {}
    for name in names:
        if name in offered.refused:
            raise UsageError(f"the rule mutant {name} is not offered: {offered.refused[name]}")
        if name not in offered.mutants:
            likely = did_you_mean(name, offered.mutants)
            raise UsageError(f"there is no rule mutant {name!r}{likely}; `promdrill mutants --rules` lists them")
        mutant = offered.mutants[name]
        for touched in (mutant.alert or Target.ROUTING, *mutant.replaced):
            if touched in found:
                other = found[touched].name
                raise UsageError(
                    f"{name} and {other} change the same, and one could hide the other: run them separately"
                )
            found[touched] = mutant
        chosen[name] = mutant
    return tuple(chosen.values())


def _replacements(transformation: Transformation, setting: Setting | str | None, scenario: Scenario) -> Replaced:
    if isinstance(setting, str):
        raise InapplicableError(setting)
    if setting is None:
        if transformation.name in OF_RECEIVERS and not any(one.receiver for one in scenario.contract.alerts.values()):
            raise InapplicableError("the contract promises no receiver")
        transformation.change(scenario.routing.data, "")
        return {}
    return replacements(transformation, scenario.rules, setting)


def _setting(alert: str, scenario: Scenario, compressed: CompressedRules) -> Setting | str:
    """Return what a mutant of an alert is to be seen in, or why none of it can be."""
    promised = scenario.contract.alerts[alert]
    if not promised.phase:
        return "no phase of the drill makes it fire"
    if alert in compressed.uncompressed:
        return f"its rule cannot be compressed: {compressed.uncompressed[alert]}"
    phase = next(phase for phase in scenario.drill.phases if phase.name == promised.phase)
    return Setting(
        alert,
        promised,
        compressed.factors[alert],
        scenario.drill.prometheus.evaluation_interval,
        max(notice_seconds(one, scenario, compressed) for one in phase.alerts if one not in compressed.uncompressed),
    )


def _unobservable(scenario: Scenario) -> dict[str, str]:
    path = scenario.folder / conventions.UNSEEN_MUTANTS
    if not path.is_file():
        return {}
    file = read_yaml(path, str(path))
    reasons = file.data if isinstance(file.data, dict) and not file.problems else None
    if reasons is None or not all(isinstance(reason, str) and reason for reason in reasons.values()):
        raise UsageError(f"{path} holds the names of rule mutants, each with the reason why no run can show it")
    return reasons
