"""What was held back in a phase: alerts that a silence or another alert kept from their receivers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Held:
    """One alert that was to be held back, from `start` to `end` (epoch seconds), and what Alertmanager showed then.

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
        """What holds it back, in words."""
        return f"inhibited by {self.by}" if self.by else "silenced"

    @property
    def row(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


HELD = tuple(one.name for one in fields(Held))


def held_in(rows: Iterable[Mapping[str, Any]]) -> tuple[Held, ...]:
    """Return what the rows of the evidence say was held back."""
    return tuple(Held(**{**{key: row[key] for key in HELD}, "seen": tuple(row["seen"])}) for row in rows)
