"""What characters remember of their visitors, in SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.failures import failing_as
from promdrill_examples.digital_actors.vocabulary import Character, ErrorType, Operation, Scene

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promdrill_fakes.clock import Clock

# How long a query waits, in real seconds, while another program has the database locked.
_BUSY_SECONDS = 20.0
_TABLE = """CREATE TABLE IF NOT EXISTS memories (
    visitor TEXT, scene TEXT, character TEXT, said TEXT NOT NULL, PRIMARY KEY (visitor, scene, character)
) WITHOUT ROWID"""
_QUERIES = {
    Operation.SELECT: "SELECT said FROM memories WHERE (visitor, scene, character) = (:visitor, :scene, :character)",
    Operation.INSERT: "INSERT OR REPLACE INTO memories VALUES (:visitor, :scene, :character, :said)",
    Operation.UPDATE: """UPDATE memories SET said = :said
        WHERE (visitor, scene, character) = (:visitor, :scene, :character)""",
    Operation.DELETE: "DELETE FROM memories WHERE (visitor, scene, character) = (:visitor, :scene, :character)",
}
Name = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,64}$")]


class Role(BaseModel):
    """Who speaks to whom, and where: the key of a memory."""

    model_config = ConfigDict(frozen=True)

    visitor: Name
    scene: Scene
    character: Character


class Memory:
    """One text for each role, the last that was said. All calls raise `DialogueError` (dialogue_generation_error).

    Queries take turns in a thread of their own; the wait for the turn, and for the lock, is part of the query.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._now = clock.now
        self._thread = ThreadPoolExecutor(1)
        self._database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        # A memory lost with the machine is no harm; a busy disk shall be no slow query.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA journal_mode = MEMORY")
        self._database.execute(_TABLE)

    async def recall(self, role: Role) -> str | None:
        """Return what was said last, or None to a stranger."""
        rows = await self._query(Operation.SELECT, role.model_dump())
        return str(rows[0][0]) if rows else None

    async def remember(self, role: Role, said: str, *, known: bool) -> None:
        """Keep what was said, in place of what was said before if the visitor is `known`."""
        await self._query(Operation.UPDATE if known else Operation.INSERT, {**role.model_dump(), "said": said})

    async def forget(self, role: Role) -> None:
        """Take a memory away, if there is one."""
        await self._query(Operation.DELETE, role.model_dump())

    async def _query(self, operation: Operation, values: Mapping[str, str]) -> list[tuple[str]]:
        with failing_as(ErrorType.DIALOGUE_GENERATION), metrics.track_db_query(operation, self._now):
            run = asyncio.get_running_loop().run_in_executor
            return await run(self._thread, self._run, _QUERIES[operation], values)

    def _run(self, query: str, values: Mapping[str, str]) -> list[tuple[str]]:
        return self._database.execute(query, values).fetchall()
