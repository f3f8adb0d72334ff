"""A text that a label's matchers accept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promdrill.rules.promql import Matcher

# What each piece of a regular expression becomes, in this order; what is left is taken as it stands.
PIECES = (
    (r"\\([.\-/+*?()\[\]{}|^$\\])", lambda found: f"\x00{ord(found[1])}\x01"),
    (r"\(\?P<\w+>|\(\?[a-z]*:", lambda _: "("),
    (r"\(\?[a-z]+\)", lambda _: ""),
    (r"\\d", lambda _: "1"),
    (r"\\w", lambda _: "a"),
    (r"\\s", lambda _: " "),
    (r"\[\^[^\]]*\]", lambda _: "a"),
    (r"\[(.)[^\]]*\]", lambda found: found[1]),
    (r"\.\*\??", lambda _: ""),
    (r"\.", lambda _: "x"),
    (r"(.)\{(\d+)[^}]*\}", lambda found: found[1] * max(1, int(found[2]))),
    (r"[\^$]", lambda _: ""),
)
INNERMOST = re.compile(r"\(([^()]*)\)[*+?]?")
MOST = 50


def example(matchers: Iterable[Matcher], offered: Iterable[str]) -> str | None:
    """Return a value that all matchers of one label accept: one of those offered, else one made up; None if none is."""
    matchers = tuple(matchers)
    made = (value for one in matchers for value in _made(one))
    return next((value for value in (*offered, *made) if all(one.accepts(value) for one in matchers)), None)


def _made(matcher: Matcher) -> Iterator[str]:
    if matcher.operator == "=":
        yield matcher.value
    elif matcher.operator == "=~":
        yield from (re.sub("\x00(\\d+)\x01", lambda found: chr(int(found[1])), text) for text in _texts(matcher.value))
    yield from ("other", "1", "a", "/other", "")


def _texts(pattern: str) -> list[str]:
    for piece, text in PIECES:
        pattern = re.sub(piece, text, pattern)
    texts: list[str] = []
    rest = [pattern]
    while rest and len(texts) < MOST:
        one = rest.pop(0)
        if group := INNERMOST.search(one):
            rest += [one[: group.start()] + part + one[group.end() :] for part in group[1].split("|")]
        else:
            texts += [re.sub(r"(?<=.)[+]|.?[*?]", "", part) for part in one.split("|")]
            texts += [re.sub(r"[+*?]", "", part) for part in one.split("|")]
        rest = rest[:MOST]
    return texts
