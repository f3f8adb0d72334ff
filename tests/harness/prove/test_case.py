from __future__ import annotations

import pytest

from promdrill.prove.case import Case, Segment, concatenate, input_series
from promdrill.prove.series import Line, level

ONE, TWO = level(Line(1.0)), level(Line(2.0))


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"__name__": "x"}, "x"),
        ({"__name__": "job:x", "b": "2", "a": '"'}, r'job:x{a="\"",b="2"}'),
        ({"__name__": "a.b"}, '{"a.b"}'),
        ({"__name__": "a.b", "c.d": "x"}, '{"a.b","c.d"="x"}'),
    ],
)
def test_names(labels: dict[str, str], name: str) -> None:
    """A series is named as promtool reads it: what is not a plain name stands in quotes."""
    case = Case((Segment({frozenset(labels.items()): ONE}, 60.0),))
    assert input_series(case, 60.0) == [{"series": name, "values": "1x1"}]


def test_joined() -> None:
    """Cases that follow each other ask what they asked, each at its time and before the next one begins."""
    labels = frozenset({("__name__", "x")})
    cases = [Case((Segment({labels: motion}, 120.0),), (("x", 120.0),)) for motion in (ONE, TWO)]
    whole = concatenate(cases, 60.0)
    assert whole.queries == (("x", 120.0), ("x", 300.0))
    assert input_series(whole, 60.0) == [{"series": "x", "values": "1x2 2x3"}]
