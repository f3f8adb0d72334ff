"""How every expectation is decided, and what it says when it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill import wait
from promdrill.errors import DeadlineError, PromdrillError
from promdrill.evidence.ledger import format_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promdrill.evidence.ledger import LabelSet

MOST = 20


def decide(look: Callable[[], str], within: float) -> None:
    """Look until there is nothing to complain of, at least once; a complaint after so many seconds is the failure.

    Raises:
        AssertionError: the last complaint.
        StackError: it could not be looked.
    """
    __tracebackhide__ = True
    complaint = ""

    def check() -> None:
        nonlocal complaint
        if complaint := look():
            raise wait.NotYet(complaint)

    try:
        wait.until(check, what="the expectation", seconds=within)
    except DeadlineError:
        raise AssertionError(complaint) from None
    except PromdrillError as error:
        raise error.with_traceback(None) from None  # how it came about is nothing that a test has to show


def number(value: object) -> str:
    """Return a number as it reads best."""
    return f"{value:.10g}" if isinstance(value, float | int) else str(value)


def table(title: str, rows: Mapping[LabelSet, str]) -> str:
    """Return a paragraph: a title, and a line for each label set."""
    width = max((len(_labels(labels)) for labels in rows), default=0)
    lines = [f"  {_labels(labels):{width}}  {rows[labels]}" for labels in sorted(rows)[:MOST]]
    more = [f"  … and {len(rows) - MOST} more"] if len(rows) > MOST else []
    return "\n".join(["", "", f"{title}:", *(lines or ["  nothing"]), *more])


def _labels(labels: LabelSet) -> str:
    return format_labels(labels) or "{}"
