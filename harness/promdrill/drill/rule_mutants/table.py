"""The table of transformations, and what each makes of a system's rules.

The name of a transformation is that of its function; the first line of that one's docstring says what is broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from promdrill.contract.promql import squeezed
from promdrill.drill.reading import feeds
from promdrill.drill.rule_mutants.attributes import ATTRIBUTES, RECORDINGS
from promdrill.drill.rule_mutants.decisions import DECISIONS
from promdrill.drill.rule_mutants.routing import EVERYWHERE, OF_RECEIVERS, ROUTED
from promdrill.drill.rule_mutants.tree import InapplicableError
from promdrill.drill.rule_mutants.values import VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promdrill.contract.rules import Rule
    from promdrill.drill.rule_mutants.setting import Setting


class Target(Enum):
    """What a transformation changes."""

    EXPRESSION = "the expression of an alert, or of the recording rules that it reads"
    RULE = "the rule of an alert"
    RECORDING = "the recording rules that an alert reads"
    ROUTE = "the way of an alert through Alertmanager"
    ROUTING = "the way of all alerts through Alertmanager"


@dataclass(frozen=True, slots=True)
class Transformation:
    """One way to break rules: its name, what is broken, what it changes, and the function that does."""

    name: str
    what: str
    target: Target
    change: Callable[..., Any]


TRANSFORMATIONS = {
    change.__name__: Transformation(change.__name__, str(change.__doc__).splitlines()[0], target, change)
    for target, changes in (
        (Target.EXPRESSION, (*DECISIONS, *VALUES)),
        (Target.RULE, ATTRIBUTES),
        (Target.RECORDING, RECORDINGS),
        (Target.ROUTE, ROUTED),
        (Target.ROUTING, EVERYWHERE),
    )
    for change in changes
}

# What stands in place of a rule, by the rule's place among all of a system.
Replaced = dict[int, tuple["Rule", ...]]


def replaced(transformation: Transformation, rules: Sequence[Rule], setting: Setting) -> Replaced:
    """Return what a transformation puts in the place of which rules; nothing where it changes the delivery alone.

    Raises:
        InapplicableError: it changes nothing of this alert, or nothing that a drill could show.
    """
    if transformation.name in OF_RECEIVERS and not setting.promised.receiver:
        raise InapplicableError("the contract promises no receiver")
    own = [place for place, rule in enumerate(rules) if rule.alert == setting.alert]
    match transformation.target:
        case Target.EXPRESSION:
            try:
                return _rewritten(transformation, rules, own)
            except InapplicableError as error:
                if not (fed := _feeding(rules, own)):
                    raise
                try:
                    return _rewritten(transformation, rules, fed)
                except InapplicableError:
                    raise error from None
        case Target.RULE:
            return {place: transformation.change(rules[place], setting) for place in own}
        case Target.RECORDING:
            fed = _feeding(rules, own)
            if not fed:
                raise InapplicableError("it reads no recording rule")
            return {place: transformation.change(rules[place], setting) for place in fed}
    return {}


def _rewritten(transformation: Transformation, rules: Sequence[Rule], places: Sequence[int]) -> Replaced:
    changed: Replaced = {}
    for place in places:
        text = transformation.change(rules[place].expr)
        if squeezed(text) == squeezed(rules[place].expr):
            raise InapplicableError("it changes nothing")
        changed[place] = (rules[place].model_copy(update={"expr": text}),)
    return changed


def _feeding(rules: Sequence[Rule], places: Sequence[int]) -> list[int]:
    """Return the places of the recording rules that some rules read, and of those that these read."""
    found: set[int] = set()
    readers = set(places)
    while readers:
        readers = {
            place
            for place, rule in enumerate(rules)
            if rule.record and place not in found and any(feeds(rule, rules[reader].expr) for reader in readers)
        }
        found |= readers
    return sorted(found)
