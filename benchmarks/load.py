"""What the load engine costs and can do: against plain Locust, at a rate, during a stall, in several processes.

    python benchmarks/load.py

Everything runs on this machine, one part after the other. Costs are CPU seconds of the load's own processes for each
request, which other work on the machine disturbs less than time; the server is one process that answers at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import psutil
import uvloop
from rich import box
from rich.console import Console
from rich.table import Table

from promdrill import wait
from promdrill.contract import Contract, Drill, Scenario
from promdrill.load.generator import Generator, LoadSettings, locust
from promdrill.load.meter import Latencies
from promdrill.options import Distribution
from promdrill.stack.processes import Processes
from promdrill.yamlfile import YamlFile

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 6.0
CLOSED = {"users": 20, "every": "1ms", "count": 1}
# Requests until all users are under way and the interpreter has warmed up.
WARM = 500
# Both ask for 50 a second.
STALLED: dict[str, dict[str, Any]] = {
    "closed: 10 users, each every 200 ms": {"users": 10, "every": "200ms", "count": 1},
    "open: 50 arrivals a second": {"users": 200, "arrivals": {"rate": 50, "patience": "5s"}, "count": 1},
}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OURS = """
from promdrill.load import DrillUser

class Buyer(DrillUser):
    def turn(self, case):
        self.send("buy", "GET", "/", context={})
"""
PLAIN = """
from locust import FastHttpUser, constant, task

class Buyer(FastHttpUser):
    wait_time = constant(0)

    @task
    def buy(self):
        with self.client.request("GET", "/", name="buy", catch_response=True) as response:
            response.success()
"""


class _Answering(asyncio.Protocol):
    """Answers each request at once, but for one stall of all, which begins at a count of requests."""

    seen: ctypes.c_uint64
    stall_at, stall_seconds = 0, 0.0
    stalled_until = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\r\n\r\n")):
            cls = _Answering
            cls.seen.value += 1
            loop = asyncio.get_running_loop()
            if cls.seen.value == cls.stall_at:
                cls.stalled_until = loop.time() + cls.stall_seconds
            loop.call_at(max(loop.time(), cls.stalled_until), self._answer)

    def _answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


def _serve(listening: socket.socket, seen: ctypes.c_uint64, stall_at: int, stall_seconds: float) -> None:
    async def forever() -> None:
        _Answering.seen = seen
        _Answering.stall_at, _Answering.stall_seconds = stall_at, stall_seconds
        server = await asyncio.get_running_loop().create_server(_Answering, sock=listening)
        await server.serve_forever()

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    uvloop.run(forever())


class Server:
    """A server in a process of its own, while it is used as a context manager."""

    def __init__(self, stall_at: int = 0, stall_seconds: float = 0.0) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._seen = multiprocessing.RawValue(ctypes.c_uint64)
        self._process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(self._listening, self._seen, stall_at, stall_seconds), daemon=True
        )

    @property
    def seen(self) -> int:
        """How many requests have come."""
        return int(self._seen.value)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
        self._listening.close()


@contextlib.contextmanager
def ours(url: str, users: dict[str, Any], engine: Distribution, folder: Path) -> Iterator[Generator]:
    """Have our load under way; what it has seen is in the folder when it has ended."""
    (folder / "users.py").write_text(OURS)
    for name in ("ledgers", "logs"):
        (folder / name).mkdir()
    data = {
        "app": {"command": ["python"], "port": 1},
        "load": {"Buyer": users},
        "phases": [{"name": "b", "for": 1}],
    }
    contract = Contract.model_validate({"system": "shop", "documents": {"doc": "d"}})
    scenario = Scenario(folder, contract, Drill.model_validate(data), (), (), YamlFile("drill.yml"))
    with Processes(folder / "logs") as processes:
        load = Generator.start(processes, locust(scenario, LoadSettings(url, folder, seed=1), engine), folder)
        load.wait_for_users()
        yield load
        load.stop()


def seen(url: str, users: dict[str, Any], engine: Distribution, seconds: float = SECONDS) -> tuple[list[dict], dict]:
    """Return the ledger and the report of a load of so long."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with ours(url, users, engine, folder):
            wait.hold(seconds)
        rows = [json.loads(line) for line in (folder / "ledgers" / "client.jsonl").read_text().splitlines()]
        return rows, json.loads((folder / "load.report.json").read_text())


def costs(pairs: int = 60, seconds: float = 0.25) -> tuple[list[float], list[float]]:
    """Return the CPU seconds that a request costs plain Locust and ours, measured in turns, both under way all along.

    Who is not measured is stopped. Requests are those that the server saw, so that both are counted alike, and starting
    and ending are not part of it. Turns are shorter than the time after which our users open new connections.
    """
    each: tuple[list[float], list[float]] = ([], [])
    with (
        Server() as theirs,
        Server() as mine,
        tempfile.TemporaryDirectory() as temporary,
        _plain(theirs.url) as plain,
        ours(mine.url, CLOSED, Distribution(), Path(temporary)) as load,
    ):
        racing = [(psutil.Process(plain.pid), theirs), (psutil.Process(load.running.process.pid), mine)]
        for process, server in racing:
            wait.until(partial(_warm, server), what="it sends", seconds=30)
            process.suspend()
        for _ in range(pairs):
            for (process, server), found in zip(racing, each, strict=True):
                process.resume()
                before, seen = process.cpu_times(), server.seen
                wait.hold(seconds)
                after = process.cpu_times()
                process.suspend()
                used = after.user - before.user + after.system - before.system
                found.append(used / (server.seen - seen))
        for process, _ in racing:
            process.resume()
    return each


def _warm(server: Server) -> None:
    if server.seen < WARM:
        raise wait.NotYet(f"{server.seen} requests")


@contextlib.contextmanager
def _plain(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have plain Locust under way."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "locustfile.py"
        file.write_text(PLAIN)
        users = str(CLOSED["users"])
        command = [sys.executable, "-m", "locust", "-f", str(file), "--host", url, "--headless", "--only-summary"]
        process = subprocess.Popen(
            [*command, "--users", users, "--spawn-rate", users, "--loglevel", "ERROR"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # as ours is: the scheduler shares the CPU out by session
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def stall(users: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the ledger of a load on a server that stalls once: 8 s, of which 2 s come with no answer."""
    with Server(stall_at=150, stall_seconds=2.0) as server:
        return seen(server.url, users, Distribution(), seconds=8.0)[0]


def _table(title: str, *columns: str) -> Table:
    """Return a table whose first column is text and whose others are numbers."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    return table


def cost() -> Table:
    """Compare with plain Locust."""
    theirs, mine = costs()
    ratios = [plain / our for plain, our in zip(theirs, mine, strict=True)]
    table = _table("Cost: closed model, 20 users, no waiting; medians of 60 turns each", "", "CPU µs a request")
    table.add_row("plain Locust, FastHttpUser", f"{statistics.median(theirs) * 1e6:.0f}")
    table.add_row("promdrill, with ledger and histograms", f"{statistics.median(mine) * 1e6:.0f}")
    low, middle, high = statistics.quantiles(ratios, n=4)
    table.add_row("throughput for the same CPU", f"{middle:.1%} (quartiles {low:.1%} to {high:.1%})")
    return table


def lag() -> Table:
    """Measure how late arrivals are handed over."""
    with Server() as server:
        _, report = seen(server.url, {"users": 100, "arrivals": {"rate": 500}, "count": 1}, Distribution())
    [told] = [fared["arrivals"]["Buyer"] for fared in report["processes"].values()]
    late = Latencies.unpack(told["lag"])
    table = _table("Scheduler lag: open model, 500 arrivals a second", "due", "dropped", "p50", "p99", "p99.9")
    shown = (f"{seconds * 1000:.2f} ms" for seconds in late.percentiles(50, 99, 99.9))
    table.add_row(str(told["due"]), str(told["dropped"]), *shown)
    return table


def omission() -> Table:
    """Compare what two models see of one stall."""
    table = _table("Coordinated omission: nominal 50/s for 8 s, one stall of 2 s", "", "requests", "p50", "p95", "p99")
    for name, users in STALLED.items():
        rows = stall(users)
        waited = Latencies()
        for row in rows:
            waited.record(row["finished"] - row["due"])
        table.add_row(name, str(len(rows)), *(f"{one * 1000:.0f} ms" for one in waited.percentiles(50, 95, 99)))
    return table


def processes() -> Table:
    """Tell what more processes gain, and whether each request is in the ledger once."""
    title = f"Several processes, {os.cpu_count()} cores, {os.getloadavg()[0]:.0f} others waiting for them"
    table = _table(title, "processes", "requests", "CPU cores used", "rows of the ledger = requests of the server")
    for number in (1, 2):
        with Server() as server:
            rows, report = seen(server.url, CLOSED, Distribution(number))
            exact = server.seen == len(rows) == len({row["trace"] for row in rows})
        used = sum(
            sum(one["cpu"] for one in fared["samples"]) / len(fared["samples"])
            for fared in report["processes"].values()
        )
        table.add_row(str(number), str(len(rows)), f"{used:.2f}", "yes" if exact else "NO")
    return table


def main() -> None:
    """Measure and print."""
    console = Console(width=110)
    for table in (cost, lag, omission, processes):
        console.print(table())


if __name__ == "__main__":
    main()
