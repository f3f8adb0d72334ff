"""The clean-up job: deletes what a plan no longer keeps."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew.failures import OperationError
from promdrill_examples.content_creation_crew.metrics import RetentionMetrics
from promdrill_examples.content_creation_crew.vocabulary import ArtifactType, Plan

if TYPE_CHECKING:
    from promdrill_examples.content_creation_crew.storage import Storage, Stored
    from promdrill_fakes.clock import Clock

_BATCH = 1000  # the most that S3 deletes in one call


class Cleanup:
    """Runs the job plan by plan. Two runs for one plan take turns: both would find, and count, the same objects."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._now = clock.now
        self._turn: defaultdict[Plan, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, plan: Plan) -> list[Stored]:
        """Delete a plan's expired objects and return them.

        Raises `OperationError` (storage_failed) if an object could not be deleted, once all the others are, or at once
        if the objects cannot be listed. Counts as a run, with what it deleted, either way.
        """
        async with self._turn[plan]:
            start = self._now()
            gone: list[Stored] = []
            try:
                await self._delete_expired(plan, gone)
            finally:
                items, size = len(gone), sum(stored.size for stored in gone)
                RetentionMetrics.record_delete(plan, items, size)
                RetentionMetrics.record_cleanup_run(self._now() - start, items, size)
        return gone

    async def _delete_expired(self, plan: Plan, gone: list[Stored]) -> None:
        left = 0
        for artifact_type in ArtifactType:
            expired = await self._storage.expired(artifact_type, plan)
            for first in range(0, len(expired), _BATCH):
                batch = expired[first : first + _BATCH]
                deleted = await self._storage.delete_batch(batch)
                gone += deleted
                left += len(batch) - len(deleted)
        if left:
            raise OperationError("storage_failed", f"{left} expired objects could not be deleted")
