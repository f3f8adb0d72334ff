"""Which images a stack of containers is made from: official ones, pinned, and our own."""

from __future__ import annotations

from dataclasses import dataclass

from promdrill.stack.release import VERSIONS


@dataclass(frozen=True, slots=True)
class Image:
    """One of the stack's: its reference, None where we build it; the `setting` that names another in its place.

    `program` is what runs in it, where a machine can have it under another name.
    """

    setting: str
    program: str | None = None
    reference: str | None = None


OURS = Image("PROMDRILL_IMAGE")
PROMETHEUS = Image("PROMDRILL_PROMETHEUS_IMAGE", "prometheus", f"prom/prometheus:v{VERSIONS['prometheus']}")
ALERTMANAGER = Image("PROMDRILL_ALERTMANAGER_IMAGE", "alertmanager", f"prom/alertmanager:v{VERSIONS['alertmanager']}")
