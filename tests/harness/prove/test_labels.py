from __future__ import annotations

import pytest

from promdrill.prove.labels import example
from promdrill.rules.promql import Matcher


@pytest.mark.parametrize(
    "pattern",
    [
        "5..",
        "a|b",
        "(GET|POST)",
        "ext[234]|xfs",
        ".+",
        ".*",
        "api-.*-prod",
        r"\d+",
        r"10\.0\.0\.\d{1,3}",
        "(?:a|b)c+",
        "prod(-eu|-us)?",
        "[^/]+/v1",
        r"/dev/(sd[a-z]|nvme\d+n\d+)",
        "(?i:error)",
        "x{3}",
        "^anchored$",
    ],
)
def test_regular_expressions(pattern: str) -> None:
    """An example of a regular expression is one that it accepts."""
    matcher = Matcher("l", "=~", pattern)
    value = example([matcher], ())
    assert value is not None
    assert matcher.accepts(value)


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [
        ([("!=", "")], "offered"),
        ([("!=", "offered")], "other"),
        ([("=~", "a|b"), ("!=", "a")], "b"),
        ([("!~", "o.*")], "1"),
        ([("=", "x"), ("=", "y")], None),
        ([("=", "")], ""),
    ],
)
def test_all_matchers(matchers: list[tuple[str, str]], expected: str | None) -> None:
    """A value suits all matchers of a label; what is offered goes first, and there is none where they exclude it."""
    assert example([Matcher("l", *one) for one in matchers], ["offered"]) == expected
