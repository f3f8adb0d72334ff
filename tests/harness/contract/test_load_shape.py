"""Shapes, arrivals and users of a load, as data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from promdrill.contract.load_shape import Arrivals, Shape, Stage, Users

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

SECONDS = st.floats(0.1, 100)
LEVELS = st.just(0.0) | st.floats(0.001, 1000)
HELD = st.builds(lambda seconds, level: {"for": seconds, "at": level}, SECONDS, LEVELS)
RAMPED = st.builds(lambda seconds, level: {"for": seconds, "to": level}, SECONDS, LEVELS)
SHAPES = st.lists(HELD | RAMPED, min_size=1, max_size=5).map(lambda stages: shape(*stages))


def shape(*stages: dict[str, Any]) -> Shape:
    """Return the shape of stages as drill.yml has them."""
    return Shape(tuple(Stage.model_validate(stage) for stage in stages))


def test_levels() -> None:
    """A level is held, or reached on a straight line from the one before; the last is kept for ever."""
    steps = shape({"for": 2, "at": 10}, {"for": 4, "to": 30}, {"for": 1, "at": 5})
    assert [steps.level(time) for time in (0, 1.9, 2, 4, 5.9, 6, 100)] == pytest.approx([10, 10, 10, 20, 29.5, 5, 5])


def test_totals() -> None:
    """What is added up is the area below the level."""
    steps = shape({"for": 2, "at": 10}, {"for": 4, "to": 30}, {"for": 1, "at": 5})
    assert [steps.total(time) for time in (0, 1, 2, 4, 6, 7, 8)] == pytest.approx([0, 10, 20, 50, 100, 105, 110])


@given(SHAPES, st.floats(0, 1))
def test_times_invert_totals(some: Shape, share: float) -> None:
    """When so much has been added up, so much has been added up."""
    total = share * some.total(200.0)
    time = some.time(total)
    assert math.isinf(time) or some.total(time) == pytest.approx(total, rel=1e-6, abs=1e-6)


@given(SHAPES, st.floats(0, 300), st.floats(0, 300))
def test_totals_never_fall(some: Shape, one: float, other: float) -> None:
    """Later is never less."""
    early, late = sorted((one, other))
    assert some.total(early) <= some.total(late) + 1e-6


def test_nothing_comes_at_level_zero() -> None:
    """Where the level is nothing at first, the first arrival waits for it; where it stays nothing, none comes."""
    assert shape({"for": 3, "at": 0}, {"for": 1, "at": 2}).time(0) == 3
    assert math.isinf(shape({"for": 3, "at": 0}).time(0))
    assert math.isinf(shape({"for": 2, "at": 1}, {"for": 1, "at": 0}).time(2))


def test_users_awake() -> None:
    """The seconds that all users together are awake follow the stages, and are all of them without any."""
    users = Users.model_validate({"users": 10, "every": "1s", "count": 1})
    assert users.active_seconds(5, 8) == 30
    ramped = users.model_copy(update={"stages": (Stage.model_validate({"for": 10, "to": 10}),)})
    assert ramped.active_seconds(0, 10) == 50


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ({"every": "2s"}, 12),
        ({"every": "2s", "stages": [{"for": 10, "to": 10}]}, 6.75),
        ({"arrivals": {"rate": 4}}, 12),
        ({"arrivals": {"stages": [{"for": 10, "to": 10}]}}, 19.5),
        ({"arrivals": {"replay": "arrivals.txt"}}, 0),
        ({"think": {"low": "1s", "high": "2s"}}, 0),
    ],
)
def test_turns_asked(model: dict[str, Any], asked: float) -> None:
    """Between two times as many are due as the pace asks of those awake and not held up, or as arrive."""
    users = Users.model_validate({"users": 10, "count": 1, **model})
    assert users.due_turns(5, 8, delayed=6.0) == pytest.approx(asked)


@pytest.mark.parametrize(
    ("record", "data"),
    [
        (Stage, {"for": "1s"}),
        (Stage, {"for": "1s", "at": 1, "to": 2}),
        (Arrivals, {}),
        (Arrivals, {"rate": 1, "replay": "x"}),
        (Arrivals, {"replay": "x", "spacing": "poisson"}),
        (Arrivals, {"rate": 0}),
        (Users, {"users": 1, "count": 1}),
        (Users, {"users": 1, "count": 1, "every": 1, "arrivals": {"rate": 1}}),
        (Users, {"users": 1, "count": 1, "arrivals": {"rate": 1}, "stages": [{"for": 1, "at": 1}]}),
        (Users, {"users": 1, "count": 1, "every": 1, "stages": [{"for": 1, "to": 2}]}),
        (Users, {"users": 1, "count": 1, "think": {"low": 2, "high": 1}}),
        (Users, {"users": 1, "count": 1, "every": 1, "journeys": {"buy": 0}}),
    ],
    ids=[
        "neither at nor to",
        "both",
        "no arrivals",
        "rate and replay",
        "spacing of a replay",
        "rate 0",
        "no pace",
        "two paces",
        "stages of an open model",
        "stages beyond the users",
        "thinking backwards",
        "journey of weight 0",
    ],
)
def test_what_makes_no_sense(record: type[Any], data: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    """A load that contradicts itself is refused, in words."""
    with pytest.raises(ValidationError) as raised:
        record.model_validate(data)
    assert "\n".join(one["msg"] for one in raised.value.errors()) == snapshot
