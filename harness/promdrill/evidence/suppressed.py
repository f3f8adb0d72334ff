"""Alerts that a phase suppressed: a silence, or another alert, kept them from their receivers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One alert that was to be suppressed, from `start` to `end` (epoch seconds), and what Alertmanager showed then.

    `by` is the alert that inhibits it, or None for a silence. `seen` holds, for each instance that Alertmanager had,
    its `state`, the alerts that `inhibited` it, and whether it was `silenced` by this silence.
    """

    alert: str
    phase: str
    by: str | None
    start: float
    end: float
    seen: tuple[Mapping[str, Any], ...]

    @property
    def how(self) -> str:
        """What suppresses it, in words."""
        return f"inhibited by {self.by}" if self.by else "silenced"

    @property
    def row(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


COLUMNS = tuple(one.name for one in fields(Suppressed))


def read_suppressed(rows: Iterable[Mapping[str, Any]]) -> tuple[Suppressed, ...]:
    """Return the suppressed alerts that rows of the evidence hold."""
    return tuple(Suppressed(**{**{key: row[key] for key in COLUMNS}, "seen": tuple(row["seen"])}) for row in rows)
