"""What holds alerts back in a phase: silences, by matchers as Alertmanager writes them, and alerts that inhibit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import AfterValidator

from promdrill.contract.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promdrill.contract.drill import Drill
    from promdrill.rules.rulefile import Rule
    from promdrill.yamlfile import YamlFile

MATCHER = re.compile(r'\s*(?P<name>[A-Za-z_]\w*)\s*(?P<how>=~|!~|!=|=)\s*(?P<quote>"?)(?P<value>.*?)(?P=quote)\s*')


class Matcher(NamedTuple):
    """One matcher of a silence."""

    name: str
    how: str
    value: str

    @property
    def asked(self) -> dict[str, Any]:
        """The form that Alertmanager's API takes."""
        regex, equal = "~" in self.how, "!" not in self.how
        return {"name": self.name, "value": self.value, "isRegex": regex, "isEqual": equal}


def matcher(text: str) -> Matcher:
    """Return a matcher that is written like `severity="warning"`.

    Raises:
        ValueError: it is not.
    """
    found = MATCHER.fullmatch(text)
    if found is None:
        raise ValueError('a matcher is written like severity="warning" or alertname=~"High.*"')
    return Matcher(found["name"], found["how"], found["value"])


def _written(text: str) -> str:
    matcher(text)
    return text


class Silence(Record):
    """A silence that is to hold an alert back, by its name where no matchers are given."""

    alert: str
    matchers: tuple[Annotated[str, AfterValidator(_written)], ...] = ()

    @property
    def asked(self) -> tuple[Matcher, ...]:
        """Its matchers."""
        return tuple(map(matcher, self.matchers)) or (Matcher("alertname", "=", self.alert),)


def verify_held_back(drill: Drill, file: YamlFile, rules: Sequence[Rule]) -> None:
    """Note in the drill's problems what is to be held back and never would fire, or never be told of."""
    known = sorted({rule.alert for rule in rules if rule.alert})
    alerts = ", ".join(known) or "none"
    for index, phase in enumerate(drill.phases):
        path = ("phases", index)
        awaited = phase.alerts if phase.until == "firing" else ()
        for number, silence in enumerate(phase.silences):
            if silence.alert not in awaited:
                file.problem(
                    (*path, "silences", number),
                    f"phase {phase.name} silences {silence.alert}, which it does not make fire",
                    f"it needs `until: firing` and `alert: {silence.alert}`: it is told of when the silence has ended",
                )
        for target, source in phase.inhibited.items():
            place = (*path, "inhibited", target)
            if target not in known:
                file.problem(place, f"no rule file of this system holds the alert {target}", f"alerts: {alerts}")
            elif target in phase.alerts:
                file.problem(place, f"phase {phase.name} waits for {target}, which it says is inhibited")
            if source not in awaited:
                file.problem(
                    place,
                    f"phase {phase.name} does not make {source} fire, which is to inhibit {target}",
                    f"it needs `until: firing` and `alert: {source}`",
                )
