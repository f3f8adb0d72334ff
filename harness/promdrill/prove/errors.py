"""Why an alert cannot be proved: no input steers it, it can never fire, or promdrill itself made a mistake."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from promdrill.errors import PromdrillError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class OutOfReachError(Exception):
    """No input can be derived; the text says which part of the expression stands in the way."""


class NeverError(OutOfReachError):
    """What the expression asks for can never be; a contract, or the expression itself, says so."""


class NotPromisedError(NeverError):
    """The expression reads a metric, a label or a value that the contract does not have."""


def guard(work: Callable[[], T], fallback: Callable[[str], T]) -> T:
    """Return what some work gives; where a mistake of promdrill's own stops it, what the fallback makes of its text.

    Raises:
        PromdrillError: the work raised it, as something that a user can mend.
        OSError: the machine refused something.
    """
    try:
        return work()
    except (PromdrillError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever else is raised is a mistake of ours
        return fallback(_mistake(error))


def _mistake(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"promdrill made a mistake, please report it: {type(error).__name__}: {error}"
        f" ({Path(place.filename).name}:{place.lineno})"
    )
