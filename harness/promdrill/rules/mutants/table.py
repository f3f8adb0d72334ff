"""The table of transformations, and what each makes of a system's rules.

The name of a transformation is that of its function; the first line of that one's docstring says what is broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from promdrill.rules.mutants.attributes import ATTRIBUTES, RECORDINGS
from promdrill.rules.mutants.decisions import DECISIONS
from promdrill.rules.mutants.routing import EVERYWHERE, OF_RECEIVERS, ROUTED
from promdrill.rules.mutants.tree import InapplicableError
from promdrill.rules.mutants.values import VALUES
from promdrill.rules.promql import squeeze
from promdrill.rules.rulebook import feeding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promdrill.rules.mutants.setting import Setting
    from promdrill.rules.rulefile import Rule


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


@dataclass(frozen=True, slots=True)
class RuleMutant:
    """One mutant of a system: a transformation, its alert (none where it breaks all at once), and what it replaces."""

    transformation: Transformation
    alert: str | None
    replaced: Replaced

    @property
    def name(self) -> str:
        """The name by which a user asks for it."""
        return mutant_name(self.transformation, self.alert)


def mutant_name(transformation: Transformation, alert: str | None) -> str:
    """Return the name of a mutant: that of its transformation and, where it is about one, of its alert."""
    return f"{transformation.name}:{alert}" if alert else transformation.name


def replacements(transformation: Transformation, rules: Sequence[Rule], setting: Setting) -> Replaced:
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
                return _rewrite(transformation, rules, own)
            except InapplicableError as error:
                if not (fed := feeding(rules, [rules[place] for place in own])):
                    raise
                try:
                    return _rewrite(transformation, rules, fed)
                except InapplicableError:
                    raise error from None
        case Target.RULE:
            return {place: transformation.change(rules[place], setting) for place in own}
        case Target.RECORDING:
            fed = feeding(rules, [rules[place] for place in own])
            if not fed:
                raise InapplicableError("it reads no recording rule")
            return {place: transformation.change(rules[place], setting) for place in fed}
    return {}


def _rewrite(transformation: Transformation, rules: Sequence[Rule], places: Sequence[int]) -> Replaced:
    changed: Replaced = {}
    for place in places:
        text = transformation.change(rules[place].expr)
        if squeeze(text) == squeeze(rules[place].expr):
            raise InapplicableError("it changes nothing")
        changed[place] = (rules[place].model_copy(update={"expr": text}),)
    return changed
