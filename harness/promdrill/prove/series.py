"""What a series does while a test lasts: it stays, moves with the clock, counts, steps, or is not there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Line:
    """A value that moves evenly with the clock: `level + slope * t`, t in seconds from the start of the test."""

    level: float
    slope: float = 0.0

    def __add__(self, other: Line) -> Line:
        return Line(self.level + other.level, self.slope + other.slope)

    def __sub__(self, other: Line) -> Line:
        return Line(self.level - other.level, self.slope - other.slope)

    def times(self, factor: float) -> Line:
        """Return the line with every value multiplied."""
        return Line(self.level * factor, self.slope * factor)

    def close(self, other: Line) -> bool:
        """Tell whether two lines are the same but for rounding."""
        return math.isclose(self.level, other.level, rel_tol=1e-9, abs_tol=1e-12) and math.isclose(
            self.slope, other.slope, rel_tol=1e-9, abs_tol=1e-12
        )


class Kind(StrEnum):
    """How a series moves."""

    LEVEL = "level"  # `first + second * t`
    COUNTER = "counter"  # grows by `first` a second, whatever it was before
    STAIRS = "stairs"  # `first` whole steps a second, up or down
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Motion:
    """One way to move; `copies` series do so, told apart by a label of their own."""

    kind: Kind
    first: float = 0.0
    second: float = 0.0
    copies: int = 1

    def interpolate(self, other: Motion, share: float) -> Motion:
        """Return what lies between this (share 0) and another (share 1): the other at 1 only, if nothing does."""
        if self.kind is not other.kind or self.copies != other.copies or self.kind is Kind.STAIRS:
            return other if share >= 1 else self
        first = self.first + (other.first - self.first) * share
        return Motion(self.kind, first, self.second + (other.second - self.second) * share, self.copies)


def level(line: Line, copies: int = 1) -> Motion:
    """Return the motion of a gauge whose value is a line."""
    return Motion(Kind.LEVEL, line.level, line.slope, copies)


ABSENT = Motion(Kind.ABSENT)
# The label that tells copies of a series apart.
COPY = "copy"
Labels = frozenset[tuple[str, str]]
Motions = dict[Labels, Motion]


def number(value: float) -> str:
    """Return a number as promtool's notation of series takes it, which knows no exponents with a sign."""
    if value != value or value in {math.inf, -math.inf}:  # noqa: PLR0124 - only NaN differs from itself
        return {math.inf: "Inf", -math.inf: "-Inf"}.get(value, "NaN")
    text = f"{value:.15g}"
    if "e" in text:
        text = f"{value:.18f}" if abs(value) < 1 else f"{value:.0f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some samples of one motion. Those that are `missed` are not scraped; at a `reset` a counter begins from 0."""

    motion: Motion
    samples: int
    missed: bool = False
    reset: bool = False


def render(stretches: list[Stretch], step: float) -> str:
    """Return a series' values in promtool's notation, samples `step` seconds apart; a counter goes on where it was."""
    time = total = 0.0
    parts = []
    for one in stretches:
        motion, samples = one.motion, one.samples
        begun = 0.0 if one.reset else total
        growth = motion.first * step if motion.kind in {Kind.COUNTER, Kind.STAIRS} else 0.0
        if not samples:
            continue
        if one.missed or motion.kind is Kind.ABSENT:
            parts.append(f"_x{samples}")
        elif motion.kind is Kind.LEVEL:
            parts.append(_run(motion.first + motion.second * time, motion.second * step, samples))
        elif motion.kind is Kind.COUNTER:
            parts.append(_run(begun, growth, samples))
        else:
            # A hair is added so that a whole number that rounding made a little smaller is not cut down.
            parts.extend(str(math.floor(begun + growth * index + 1e-9)) for index in range(samples))
        total = begun + growth * samples
        time += samples * step
    return " ".join(parts)


def _run(first: float, growth: float, samples: int) -> str:
    """Return values that grow evenly."""
    grown = number(growth)
    if samples == 1:
        return number(first)
    if grown in {"0", "-0"}:
        return f"{number(first)}x{samples - 1}"
    return f"{number(first)}{'' if growth < 0 else '+'}{grown}x{samples - 1}"
