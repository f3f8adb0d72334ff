"""The two halves of what promdrill says: the facts, which a test states, and the words, which its snapshot holds.

A wording is mended in one place: `pytest PATH --snapshot-update` writes it into the snapshots, whose diff is read. What
a test states beside it, the facts, is nobody's to update but the author's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from syrupy.extensions.amber import AmberSnapshotExtension

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promdrill.model import Result, Source, Status


@dataclass(frozen=True)
class Facts:
    """A result without its words."""

    kind: str
    subject: str
    status: Status
    evidence: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None


class FactsOf(Protocol):
    """Compares the words of results with the test's snapshot, and returns the rest of them, for the test to compare."""

    def __call__(self, results: Iterable[Result], *sentences: str) -> list[Facts]:
        """Return the facts; the evidence of these names is words, too."""


class PlainText(AmberSnapshotExtension):
    """Snapshots that hold text as it is, without quotes."""

    def serialize(self, data: str, **_: object) -> str:
        """Return the text."""
        return data


def paragraph(message: str, **more: str) -> str:
    """Return a message as text, and on the lines below it what else is said, by its name."""
    return "\n".join([message, *(f"  {name}: {text}" for name, text in more.items() if text)])


def masked(result: Result, text: str) -> Result:
    """Return a result in which a text that is another program's, and changes with its version, is put as `...`."""
    evidence = {
        name: value.replace(text, "...") if isinstance(value, str) else value for name, value in result.evidence.items()
    }
    return replace(result, message=result.message.replace(text, "..."), evidence=evidence)


def generic(text: str, **parts: object) -> str:
    """Return a text in which what differs from run to run, such as a path or a port, stands as its name in braces."""
    for name, part in parts.items():
        text = text.replace(str(part), f"{{{name}}}")
    return text
