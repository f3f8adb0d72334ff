"""Each named way to break rules, where it applies, is told by `promdrill alerts --against`."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import pytest
import yaml

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.drill.rule_mutants import offer
from promdrill.durations import seconds
from promdrill.prove.catalogue import read_catalogue
from promdrill.prove.compare import Version, compare
from promdrill.prove.proof import Proof, prove
from promdrill.rules import promql
from promdrill.rules.mutants import TRANSFORMATIONS
from promdrill.rules.mutants.table import Target
from promdrill.rules.rulebook import Rulebook, read_rulebook
from promdrill.rules.rulefile import Placed, Rule, rule_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.prove.promtool import Promtool
    from promdrill.rules.mutants import RuleMutant

# The delivery is Alertmanager's, which rule files do not say.
DELIVERY = {Target.ROUTE, Target.ROUTING}
IN_RULES = sorted(name for name, one in TRANSFORMATIONS.items() if one.target not in DELIVERY)
# No bundled rule has what these break, or a quick one (how often an app is scraped, rule files do not say).
MADE = {
    "window_of_one_scrape": ("rate(x_total[5m]) > 3", "rate(x_total[15s]) > 3"),
    "and_for_or": ("absent(up) or up == 0", "absent(up) and up == 0"),
    "absent_lost": ("absent(up) or up == 0", "up or up == 0"),
    "branch_lost": ("absent(up) or up == 0", "absent(up)"),
    "rate_for_increase": ("increase(x_total[5m]) > 30", "rate(x_total[5m]) > 30"),
}


@cache
def scenario_of(system: str) -> Scenario:
    """Return a bundled system."""
    return load_scenario(conventions.SCENARIOS / system)


@cache
def shortest_mutants() -> dict[str, tuple[str, RuleMutant]]:
    """Return the mutant of each transformation whose alert looks at the shortest time, and its system."""
    found: dict[str, tuple[str, RuleMutant]] = {}
    for system in bundled_systems():
        for mutant in offer(scenario_of(system)).mutants.values():
            name = mutant.transformation.name
            if name not in found or _length(system, mutant) < _length(*found[name]):
                found[name] = system, mutant
    return found


def _length(system: str, mutant: RuleMutant) -> float:
    own = [rule for rule in scenario_of(system).rules if rule.name == mutant.alert]
    return sum(promql.memory(promql.parse(rule.expr)) + seconds(rule.for_) for rule in own)


def book_of(rules: Sequence[Rule], path: Path) -> Rulebook:
    """Return rules as they are read from a file."""
    groups: dict[tuple[str, str], dict[str, object]] = {}
    for rule in rules:
        group = {"name": f"{rule.group} {len(groups)}", **({"interval": rule.interval} if rule.interval else {})}
        groups.setdefault((rule.file, rule.group), {**group, "rules": []})["rules"] += [rule_data(rule)]  # type: ignore[operator]  # a list
    path.write_text(yaml.safe_dump({"groups": list(groups.values())}))
    return read_rulebook([path])


@pytest.fixture(scope="module")
def proofs() -> dict[tuple[str, ...], Proof]:
    """Proofs that more than one mutant needs, by what is written in the rules."""
    return {}


@pytest.mark.parametrize("name", IN_RULES)
def test_every_transformation_is_told(
    tmp_path: Path, promtool: Promtool, proofs: dict[tuple[str, ...], Proof], name: str
) -> None:
    """Against the rules of a system, those with one mutant in them behave differently, or say so."""
    if name in MADE:
        catalogue, alert = None, "A"
        old, new = ([Rule(alert=alert, expr=expr, group="g", file="f")] for expr in MADE[name])
    else:
        system, mutant = shortest_mutants()[name]
        scenario = scenario_of(system)
        catalogue, alert = read_catalogue(scenario.folder / conventions.CONTRACT_FILE), mutant.alert or ""
        old = list(scenario.rules)
        new = [one for place, rule in enumerate(old) for one in mutant.replaced.get(place, (rule,))]
    before, after = book_of(old, tmp_path / "old.yml"), book_of(new, tmp_path / "new.yml")

    def proof(placed: Placed, book: Rulebook) -> Proof:
        written = placed.rule.expr, *(rule.expr for rule in book.feeding(placed.rule)), placed.rule.for_
        if written not in proofs:
            proofs[written] = prove(placed, book, promtool, catalogue)
        return proofs[written]

    old_version, new_version = (Version(book, partial(proof, book=book)) for book in (before, after))
    told = [one for one in compare(old_version, new_version, promtool) if one.alert == alert]
    assert [one for one in told if one.what != "same"], told
