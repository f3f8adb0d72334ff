"""Silences that a phase sets, by matchers as Alertmanager writes them."""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator

from promdrill.contract.record import Record

MATCHER = re.compile(r'\s*(?P<name>[A-Za-z_]\w*)\s*(?P<how>=~|!~|!=|=)\s*(?P<quote>"?)(?P<value>.*?)(?P=quote)\s*')


class Matcher(NamedTuple):
    """One matcher of a silence."""

    name: str
    how: str
    value: str

    @property
    def api_form(self) -> dict[str, Any]:
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


def _check_syntax(text: str) -> str:
    matcher(text)
    return text


class Silence(Record):
    """A silence that is to hold an alert back, by its name where no matchers are given."""

    alert: str
    matchers: tuple[Annotated[str, AfterValidator(_check_syntax)], ...] = ()

    @property
    def all_matchers(self) -> tuple[Matcher, ...]:
        """Its matchers."""
        return tuple(map(matcher, self.matchers)) or (Matcher("alertname", "=", self.alert),)
