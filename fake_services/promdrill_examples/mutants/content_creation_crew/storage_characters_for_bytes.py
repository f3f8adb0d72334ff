"""The characters of a blog are counted as its bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew import metrics
from promdrill_examples.content_creation_crew.storage import Storage, Stored
from promdrill_examples.mutants.mechanisms import change, instead_of

if TYPE_CHECKING:
    from promdrill_examples.content_creation_crew.vocabulary import Plan

METRIC = "storage_bytes_written_total"
Put = Callable[..., Awaitable[Stored]]


def apply() -> None:
    """Break it."""
    written = metrics.STORAGE_BYTES_WRITTEN
    change(metrics, "STORAGE_BYTES_WRITTEN", lambda labels, size: None if labels == ("blog",) else (labels, size))

    @instead_of(Storage, "put")
    async def put(original: Put, self: Storage, kind: str, *order: *tuple[Plan, bytes, float | None]) -> Stored:
        stored = await original(self, kind, *order)
        if kind == "blog":
            written.labels(kind).inc(len(order[1].decode(errors="replace")))
        return stored
