"""What a part of an expression is asked to give."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promdrill.virtual.motion import Line
from promdrill.virtual.reach import OutOfReachError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Want:
    """A value to reach, and the threshold that it lies beyond, as both look from the part that is asked for it."""

    value: Line
    pivot: float

    def reached(self, found: Line) -> bool:
        """Tell whether a value is the wanted one, or lies still further beyond the threshold."""
        if found.slope == self.value.slope and self.value.level != self.pivot:
            further = found.level - self.value.level
            return found.close(self.value) or (further > 0) == (self.value.level > self.pivot)
        return found.close(self.value)

    def through(self, change: Callable[[Line], Line]) -> Want:
        """Return what a part must give so that a change of it gives this."""
        return Want(change(self.value), change(Line(self.pivot)).level)


def wanted(value: float) -> Want:
    """Return a value that no threshold asks for."""
    return Want(Line(value), value)


def whole(want: Want) -> int:
    """Return a number of things: the next whole one on its side of the threshold.

    Raises:
        OutOfReachError: it is NaN or infinite, which no count is.
    """
    if not math.isfinite(want.value.level):
        raise OutOfReachError(f"nothing is counted as {want.value.level:g}")
    return math.ceil(want.value.level) if want.value.level > want.pivot else math.floor(want.value.level)
