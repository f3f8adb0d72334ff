"""Jobs and batches that have ended, and the SQLite file that keeps them."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any

from promdrill_examples.ai_shorts.failures import OperationError
from promdrill_examples.ai_shorts.vocabulary import BatchStatus, ErrorCode, JobStatus, JobType

if TYPE_CHECKING:
    from promdrill_examples.ai_shorts.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """A job that has ended; one that failed has an error and no text."""

    id: str
    batch_id: str | None
    user_id: str
    job_type: JobType
    status: JobStatus
    text: str = ""
    error: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that has ended; it has an error only if it could not be kept."""

    id: str
    user_id: str
    status: BatchStatus
    error: ErrorCode | None = None


class Records:
    """Keeps jobs and batches. All calls raise `OperationError` (database).

    SQLite blocks, so one worker thread does all the work. A file that another process has locked is waited for no
    longer than the timeout.
    """

    def __init__(self, settings: Settings) -> None:
        self._thread = ThreadPoolExecutor(1, "records")
        self._database = sqlite3.connect(
            settings.database, timeout=settings.database_timeout, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        for kind in (Job, Batch):
            columns = ", ".join(f"{field.name} TEXT" for field in fields(kind))
            self._database.execute(f"CREATE TABLE IF NOT EXISTS {kind.__name__} ({columns}, PRIMARY KEY (id))")
        self._database.execute("CREATE INDEX IF NOT EXISTS jobs_of_a_batch ON Job (batch_id)")

    async def add(self, record: Job | Batch) -> None:
        """Keep a job or a batch."""
        places = ", ".join("?" * len(fields(record)))
        await self._execute(f"INSERT INTO {type(record).__name__} VALUES ({places})", *astuple(record))  # noqa: S608  names of ours

    async def job(self, job_id: str) -> Job:
        """Return a job; raises `OperationError` (not_found), too."""
        return _job(_only(await self._execute("SELECT * FROM Job WHERE id = ?", job_id), "job"))

    async def batch(self, batch_id: str) -> tuple[Batch, list[Job]]:
        """Return a batch and its jobs in the order in which they ended; raises `OperationError` (not_found), too."""
        id_, user, status, error = _only(await self._execute("SELECT * FROM Batch WHERE id = ?", batch_id), "batch")
        jobs = await self._execute("SELECT * FROM Job WHERE batch_id = ? ORDER BY rowid", batch_id)
        return Batch(id_, user, BatchStatus(status), error and ErrorCode(error)), [_job(row) for row in jobs]

    async def available(self) -> bool:
        """Tell whether the database answers."""
        try:
            await self._execute("SELECT 1 FROM Job LIMIT 1")
        except OperationError:
            return False
        return True

    def close(self) -> None:
        """Finish what is under way and close the file."""
        self._thread.shutdown()
        self._database.close()

    async def _execute(self, statement: str, *values: object) -> list[Any]:
        def execute() -> list[Any]:
            return self._database.execute(statement, values).fetchall()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, execute)
        except sqlite3.Error as error:
            raise OperationError(ErrorCode.DATABASE, f"the database does not answer: {error}") from error


def _only(rows: list[Any], what: str) -> Any:  # noqa: ANN401  a row of SQLite
    if not rows:
        raise OperationError(ErrorCode.NOT_FOUND, f"there is no such {what}")
    return rows[0]


def _job(row: tuple[Any, ...]) -> Job:
    id_, batch_id, user, job_type, status, text, error = row
    return Job(id_, batch_id, user, JobType(job_type), JobStatus(status), text, error and ErrorCode(error))
