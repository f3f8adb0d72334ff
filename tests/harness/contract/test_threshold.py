"""Thresholds of a load as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill.contract.threshold import Bound, Threshold, parse

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("p(95) < 500ms", Bound("p", 95.0, "<", 0.5)),
        ("p(99.9)<=2s", Bound("p", 99.9, "<=", 2.0)),
        ("avg < 0.25s", Bound("avg", None, "<", 0.25)),
        ("max < 1.5ms", Bound("max", None, "<", 0.0015)),
        ("rate(failures) < 1%", Bound("rate(failures)", None, "<", 0.01)),
        ("rate(failures) < 0.5", Bound("rate(failures)", None, "<", 0.5)),
        ("count(requests) >= 100", Bound("count(requests)", None, ">=", 100.0)),
        ("rps > 40", Bound("rps", None, ">", 40.0)),
        ("count(dropped) <= 0", Bound("count(dropped)", None, "<=", 0.0)),
    ],
)
def test_what_it_says(text: str, bound: Bound) -> None:
    """A statistic, an operator and a limit: latencies in seconds, rates as shares of one."""
    assert parse(text) == bound


@pytest.mark.parametrize(
    "text",
    [
        "p95 < 500ms",
        "p(0) < 1s",
        "p(101) < 1s",
        "p(95) < 500",
        "p(95) < soon",
        "rps > 40%",
        "rps > many",
        "p(95) = 1s",
    ],
)
def test_what_is_none(text: str, snapshot: SnapshotAssertion) -> None:
    """Whatever is no threshold is refused, with how one is written."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its words are what is compared
        parse(text)
    assert str(raised.value) == snapshot


@pytest.mark.parametrize(("operator", "holds"), [("<", (True, False, False)), ("<=", (True, True, False))])
def test_edges(operator: str, holds: tuple[bool, bool, bool]) -> None:
    """At its limit `<=` holds and `<` does not."""
    bound = parse(f"rps {operator} 2")
    assert tuple(bound.holds(value) for value in (1, 2, 3)) == holds


def test_subject() -> None:
    """A threshold is called by what it says and by whom it means."""
    threshold = Threshold.model_validate({"that": "p(95)  < 1s", "of": {"action": "buy"}})
    assert threshold.subject == "p(95) < 1s (action=buy)"
    service = threshold.model_copy(update={"latency": "service"})
    assert service.subject == "p(95) < 1s (action=buy, service latency)"
    assert Threshold.model_validate({"that": "rps > 1", "latency": "service"}).subject == "rps > 1"
