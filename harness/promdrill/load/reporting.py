"""What the processes of a load tell: every row, what they measured, and how they fared; added up in one place.

One process alone writes it down itself. Where Locust is distributed, workers send it along with Locust's own reports,
and the master writes it down: `ledgers/client.jsonl` and `load.report.json` of the evidence are the same either way.

Only the Locust process imports this module: Locust monkey-patches the standard library.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from promdrill.load.meter import Meter
from promdrill.load.thresholds import ArrivalCounts, count_arrivals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from promdrill.load.sampler import Sampler
    from promdrill.load.work import Row, Work

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
KEY = "promdrill"
LINE = orjson.OPT_APPEND_NEWLINE


def clock() -> tuple[str, float]:
    """Return what names this machine's monotonic clock, and how far it is behind the time of day, in seconds."""
    name = BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else str(os.getpid())
    return name, time.time() - time.monotonic()


class Reporter:
    """Gathers what one process has to report, and hands it over."""

    def __init__(self, work: Mapping[str, Work], sampler: Sampler) -> None:
        self._work = work
        self._sampler = sampler
        self._rows: list[Row] = []

    def note(self, row: Row) -> None:
        """Keep a row until it is handed over."""
        self._rows.append(row)

    def hand_over(self, data: dict[str, Any]) -> None:
        """Put all that is new, rows and samples, into a report to the master, and what changes into each."""
        rows, self._rows = self._rows, []
        # In a load of hours they would be sent, and copied at each scrape, by the ten thousand.
        samples, self._sampler.samples = self._sampler.samples, []
        data[KEY] = {"rows": rows, "samples": samples, "clock": clock(), **self._arrival_statistics()}

    def _arrival_statistics(self) -> dict[str, Any]:
        """Return how this process fares: by class, what became of arrivals."""
        return {
            "pid": os.getpid(),
            "arrivals": {
                name: {
                    "due": work.pool.due,
                    "dropped": work.pool.dropped,
                    "lag": work.pool.lag.pack(),
                    "lag_p99": work.pool.lag.percentile(99),
                }
                for name, work in self._work.items()
                if work.pool
            },
        }


class LedgerWriter:
    """Writes down what all processes report: rows with each flush, the rest at the end.

    `times` are the columns of a row that hold a time, by the clock of whoever wrote it.
    """

    def __init__(self, ledger: Path, report: Path, times: Sequence[str]) -> None:
        # Room for all rows between two flushes.
        self._ledger = ledger.open("wb", buffering=2**20)
        self._report = report
        self._times = times
        self._count = itertools.count()
        self._noted: list[Row] = []
        self._own = clock()
        # How each process fared, as it has told last.
        self.processes: dict[str, dict[str, Any]] = {}
        self.meter = Meter()
        self.lost: list[str] = []
        self.watched: Callable[[Row], None] = lambda _row: None

    def note(self, row: Row) -> None:
        """Take a row, its times on this machine's clock; it is written and measured with the next `flush`.

        Many in a row cost a third of what each would in the midst of requests.
        """
        self._noted.append(row)

    def _write(self, row: Row) -> None:
        self._ledger.write(orjson.dumps({"seq": next(self._count), "service": "client", **row}, option=LINE))
        if "due" in row:
            self.meter.note(row)
            self.watched(row)

    def take(self, worker: str, told: Mapping[str, Any]) -> None:
        """Write down what a worker has handed over, its times as this machine's clock has them."""
        name, behind = told["clock"]
        # On one machine all processes have one clock, and need no time of day to compare.
        shift = 0.0 if name == self._own[0] else behind - self._own[1]
        for row in told["rows"]:
            there = {key: row[key] + shift for key in self._times if row.get(key) is not None}
            self.note({**row, **there})
        samples: list[dict[str, Any]] = self.processes[worker]["samples"] if worker in self.processes else []
        samples.extend({**sample, "at": sample["at"] + shift} for sample in told["samples"])
        self.processes[worker] = {"pid": told["pid"], "samples": samples, "arrivals": told["arrivals"]}

    def count_arrivals(self, users: set[str]) -> ArrivalCounts:
        """Return what became of the arrivals of these classes, as far as it has been told."""
        return count_arrivals(self.processes, users)

    def lose(self, worker: str) -> None:
        """Note that a worker was lost: what it had not handed over, nobody knows."""
        self.lost.append(worker)

    def flush(self) -> None:
        """Have all rows so far in the file, and measured: those of requests that were answered or not."""
        noted, self._noted = self._noted, []
        for row in noted:
            self._write(row)
        self._ledger.flush()

    def close(self) -> None:
        """Write what is left, and the report."""
        self.flush()
        report = {"processes": self.processes, "lost": self.lost, "measured": self.meter.pack()}
        self._report.write_text(json.dumps(report), encoding="utf-8")
        self._ledger.close()
