"""How accurate the fakes are, and what their memory costs: injected latency, event loop, ledger.

    make bench            or: python benchmarks/fakes.py

Prints a Markdown table. What the ledger costs is processor time of the fakes' process, for each request, with a ledger
and with none, in turns: it is what limits the throughput of one core, and other work on the machine does not change it.
Where a process has its memory makes it faster or slower by some per cent, for all its life: so there are several pairs.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from measuring import SERVER, WITHOUT_LEDGER, Table, pinned, quieten

from promdrill_fakes.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 200
SECONDS = 10
LATENCY = {"ollama": {"version": {"uniform": {"low": 0.005, "high": 0.1}}}}
LATE = 0.002

REQUESTS = 1000
CONNECTIONS = 16
PAIRS, TURNS = 7, 10
COST = 0.05
CHAT = {"model": "llama3.2:1b", "prompt": "How do fires begin?", "stream": False}

SERVE = ["--control=0", "--serve=ollama=0"]


# A bare timer beside the fakes: what is late there is the machine's doing.
BARE_TIMER = f"""
import time
late, end = [], time.monotonic() + {SECONDS}
while (now := time.monotonic()) < end:
    time.sleep(0.005)
    late.append(time.monotonic() - now - 0.005)
print(sorted(late)[int(0.99 * len(late))])
"""


@contextmanager
def fakes(*command: str) -> Iterator[tuple[int, str, Client]]:
    """Serve a fake Ollama; yield its process, its URL and its control plane."""
    with subprocess.Popen(
        [*pinned(SERVER), sys.executable, *command, *SERVE], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            urls = json.loads(process.stdout.readline() if process.stdout else "")
            with Client(urls["control"]) as control:
                yield process.pid, urls["ollama"], control
        finally:
            process.terminate()


async def at_a_rate(url: str) -> None:
    """Send RATE requests a second, each when it is due, whatever became of those before."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as going:
        start = time.monotonic()
        for number in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, start + number / RATE - time.monotonic()))
            going.create_task(ask(session, "GET", f"{url}/api/version"))


async def as_fast_as_it_goes(url: str) -> None:
    """Send REQUESTS requests over CONNECTIONS connections."""
    left = iter(range(REQUESTS))

    async def one(session: aiohttp.ClientSession) -> None:
        for _ in left:
            await ask(session, "POST", f"{url}/api/generate")

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as going:
        for _ in range(CONNECTIONS):
            going.create_task(one(session))


async def ask(session: aiohttp.ClientSession, method: str, url: str) -> None:
    """Make one request and read its answer."""
    async with session.request(method, url, json=CHAT if method == "POST" else None) as answer:
        await answer.read()


def latency() -> tuple[list[float], int, float]:
    """Return by how much latencies were too long, in order, how many the ledger has, and a bare timer's p99."""
    with fakes("-m", "promdrill_fakes") as (_, url, control):
        control.patch(latency=LATENCY)
        control.reset()
        with subprocess.Popen([sys.executable, "-c", BARE_TIMER], stdout=subprocess.PIPE, text=True) as bare:
            asyncio.run(at_a_rate(url))
            machine = float(bare.communicate()[0])
        (seconds,) = control.durations().durations
        late = sorted(served - asked for asked, served in zip(seconds.latency, seconds.latency_served, strict=True))
        return late, control.ledger().entries, machine


def processor_seconds(process: int, url: str) -> float:
    """Return the processor time that one request takes."""
    before = on_processor(process)
    asyncio.run(as_fast_as_it_goes(url))
    return (on_processor(process) - before) / REQUESTS


def on_processor(process: int) -> float:
    """Return the seconds that a process of one thread has run, by Linux's own nanoseconds."""
    return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def ledger_costs() -> tuple[float, float, list[float]]:
    """Return the processor time of a request with the ledger and without, and their ratio in each pair of processes.

    All are medians. The two of a turn are neighbours in time, now the one first and now the other: what the machine
    does to one of them, it does to the other.
    """
    pairs = [turns() for _ in range(PAIRS)]
    found, bare = zip(*(turn for pair in pairs for turn in pair), strict=True)
    ratios = [statistics.median(one / other for one, other in pair) for pair in pairs]
    return statistics.median(found), statistics.median(bare), sorted(ratios)


def turns() -> list[tuple[float, float]]:
    """Return the processor times of a request, with the ledger and without, of a new pair of processes."""
    with fakes("-m", "promdrill_fakes") as (ledger, url, _), fakes("-c", WITHOUT_LEDGER) as (bare, other, _):
        sides = ((ledger, url), (bare, other))
        times: list[tuple[float, float]] = []
        for turn in range(TURNS + 1):
            first, second = (processor_seconds(*side) for side in sides[:: -1 if turn % 2 else 1])
            times.append((second, first) if turn % 2 else (first, second))
        return times[1:]  # the first warms up


def main() -> None:
    """Measure and print; 1 where a bound is not kept that the machine would have let it keep."""
    circumstances = quieten()
    late, entries, machine = latency()
    late_99 = late[int(0.99 * len(late))]
    found, bare, ratios = ledger_costs()
    cost = statistics.median(ratios) - 1
    table = Table("The fakes, server and client on one core each")
    table.add(
        f"injected latency, {RATE} requests/s: served minus asked, median", f"{statistics.median(late) * 1e3:.2f} ms"
    )
    in_time = late_99 < LATE or machine > LATE / 2
    table.add("… 99th percentile", f"{late_99 * 1e3:.2f} ms", f"{LATE * 1e3:g} ms", kept=in_time)
    table.add("… at worst", f"{late[-1] * 1e3:.2f} ms")
    every = entries == len(late) == RATE * SECONDS
    table.add("… known to the ledger", f"{entries} of {RATE * SECONDS}", "all", kept=every)
    table.add("… a bare timer beside it, 99th percentile (from 1 ms on: inconclusive)", f"{machine * 1e3:.2f} ms")
    table.add("a whole answer of Ollama without the ledger: processor time", f"{bare * 1e6:.1f} µs")
    table.add("… with the ledger", f"{found * 1e6:.1f} µs")
    table.add(
        f"… cost of the ledger, median of {PAIRS} pairs of processes", f"{cost:.1%}", f"{COST:.0%}", kept=cost < COST
    )
    table.add("… of the cheapest and the dearest pair", f"{ratios[0] - 1:.1%}, {ratios[-1] - 1:.1%}")
    table.show()
    print(circumstances)
    sys.exit(not table.kept)


if __name__ == "__main__":
    main()
