from __future__ import annotations

import pytest

from promdrill.prove.series import ABSENT, Kind, Line, Motion, Stretch, level, number, render


@pytest.mark.parametrize(
    ("stretches", "expected"),
    [
        ([Stretch(level(Line(5)), 3)], "5x2"),
        ([Stretch(level(Line(5)), 1)], "5"),
        ([Stretch(level(Line(-100, 1)), 3)], "-100+10x2"),
        ([Stretch(level(Line(1)), 2), Stretch(ABSENT, 3), Stretch(level(Line(2)), 2)], "1x1 _x3 2x1"),
        ([Stretch(Motion(Kind.COUNTER, 2), 3), Stretch(Motion(Kind.COUNTER, 4), 2)], "0+20x2 60+40x1"),
        ([Stretch(Motion(Kind.COUNTER, 2), 3), Stretch(Motion(Kind.COUNTER, 2), 3, missed=True)], "0+20x2 _x3"),
        (
            [Stretch(Motion(Kind.COUNTER, 2), 2, missed=True), Stretch(Motion(Kind.COUNTER, 2), 2)],
            "_x2 40+20x1",
        ),
        ([Stretch(Motion(Kind.COUNTER, 2), 3), Stretch(Motion(Kind.COUNTER, 2), 2, reset=True)], "0+20x2 0+20x1"),
        ([Stretch(Motion(Kind.COUNTER, -1), 3)], "0-10x2"),
        ([Stretch(Motion(Kind.STAIRS, 0.05), 5)], "0 0 1 1 2"),
        ([Stretch(Motion(Kind.STAIRS, -0.1), 3)], "0 -1 -2"),
    ],
)
def test_written(stretches: list[Stretch], expected: str) -> None:
    """Values stand as promtool reads them; a counter goes on where it was, also where it was not scraped."""
    assert render(stretches, 10.0) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1e21, "1000000000000000000000"), (2e-10, "0.0000000002"), (0.1, "0.1"), (100, "100"), (float("inf"), "Inf")],
)
def test_number(value: float, expected: str) -> None:
    """Numbers have no exponent, which promtool would read as the next step of a series."""
    assert number(value) == expected


def test_between() -> None:
    """Between two motions of a kind lies one of that kind; where kinds differ there is nothing between them."""
    low, high = Motion(Kind.COUNTER, 1), Motion(Kind.COUNTER, 3)
    assert low.interpolate(high, 0.5) == Motion(Kind.COUNTER, 2)
    assert low.interpolate(level(Line(3)), 0.5) == low
    assert low.interpolate(level(Line(3)), 1) == level(Line(3))
