from __future__ import annotations

import itertools

import pytest

from promdrill import wait
from promdrill.errors import DeadlineError, StackError


def test_first_answer() -> None:
    """The first answer that is not a NotYet is returned, after as many looks as it took."""
    looks = itertools.count(1)

    def probe() -> int:
        if (look := next(looks)) < 3:
            raise wait.NotYet(f"look {look}")
        return look

    assert wait.until(probe, what="the third look", seconds=60, every=0) == 3


@pytest.mark.parametrize("answer", [None, 0, "", False])
def test_any_answer_counts(answer: object) -> None:
    """An answer that is empty or false is an answer."""
    assert wait.until(lambda: answer, what="an answer", seconds=60) == answer


def test_deadline() -> None:
    """When the deadline has passed, the error says what was awaited, for how long, and what was last seen."""
    looks = itertools.count(1)

    def probe() -> None:
        raise wait.NotYet(f"look {min(2, next(looks))}")

    with pytest.raises(DeadlineError) as raised:
        wait.until(probe, what="the last look", seconds=0.02, every=0)
    assert str(raised.value) == "the last look: not within 0.02 s; last seen: look 2"


def test_looks_once_at_least() -> None:
    """A deadline that has passed already still leaves one look."""
    assert wait.until(lambda: 5, what="a look", seconds=-1) == 5


def dead() -> None:
    """Say that what is waited for has died."""
    raise StackError("the app died")


def test_pointless_to_wait() -> None:
    """Waiting ends at once when it has become pointless."""

    def probe() -> None:
        raise wait.NotYet("nothing")

    with pytest.raises(StackError, match=r"^the app died$"):
        wait.until(probe, what="it", seconds=60, alive=dead)


def test_pointless_to_hold() -> None:
    """Holding ends at once when it has become pointless."""
    with pytest.raises(StackError, match=r"^the app died$"):
        wait.hold(60, alive=dead)


def test_other_errors_go_through() -> None:
    """What a probe raises otherwise is not waited out."""
    with pytest.raises(ZeroDivisionError):
        wait.until(lambda: 1 // 0, what="it", seconds=60)


def test_hold() -> None:
    """Holding looks at what must live, until the time has passed."""
    looks: list[None] = []
    wait.hold(0.02, alive=lambda: looks.append(None))
    assert looks
    wait.hold(0, alive=lambda: pytest.fail("no time, no look"))
