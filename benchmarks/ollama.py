"""How fast the fake Ollama is, beside its peer; what its ledger costs; how well it keeps time when it streams.

    make bench            or: python benchmarks/ollama.py

Prints a Markdown table with the bounds. One core serves, another one asks. The peer is aimock (npm
`@copilotkit/aimock`): put its `llmock` on PATH, or name it in the environment variable LLMOCK. `wrk` makes the load.
What is missing is said and skipped.
On a machine that does other things too, the requests of a CPU second tell more than those of a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.request import Request, urlopen

import psutil
import uvloop
from measuring import CLIENT, SERVER, WITHOUT_LEDGER, Table, pinned, quieten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROUNDS, SECONDS, CONNECTIONS = 3, 3, 32
COST, ERROR = 0.05, 0.01
STREAMS, RATE, TOKENS = 500, 20, 100
MESSAGES = [{"role": "user", "content": "Hello, you."}]
BODY = json.dumps({"model": "llama3.2:1b", "messages": MESSAGES, "stream": False})
WORDS = "A quiet river to the open city and the light of a story is that for it with small words"
FAKE = [sys.executable, "-m", "promdrill_fakes", "--control", "0", "--serve", "ollama=0"]
BARE = """
import asyncio, sys, uvloop
from aiohttp import web
async def answer(request):
    await request.read()
    return web.Response(body=b"{}", content_type="application/json")
async def main():
    server = web.Server(answer, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    print('{"ollama": "http://127.0.0.1:%d"}' % listening.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
uvloop.run(main())
"""


@dataclass(frozen=True)
class Server:
    """A running server: where it is, and how much time of the processor it took."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """Return the seconds of the processor so far."""
        times = self.process.cpu_times()
        return times.user + times.system


@dataclass
class Speed:
    """Requests in a second, and in a second of the server's processor, of each round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@contextmanager
def serving(command: Sequence[str], url: str | None = None) -> Iterator[Server]:
    """Run a server on the first core; it tells its URL in a line of JSON, unless that is known."""
    with subprocess.Popen([*pinned(SERVER), *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            told = process.stdout.readline() if process.stdout and url is None else ""
            server = Server(url or json.loads(told)["ollama"], psutil.Process(process.pid))
            wait_for(server.url)
            yield server
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    """Return when somebody answers there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urlopen(Request(f"{url}/api/chat", BODY.encode(), {"Content-Type": "application/json"})) as answer:  # noqa: S310 - http, ours
                answer.read()
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nobody answers at {url}")


def requests(server: Server, script: Path, seconds: int) -> tuple[float, float]:
    """Return how many requests were answered in a second, and in a second of the server's processor."""
    before = server.cpu()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"{server.url}/api/chat"]
    told = subprocess.run([*pinned(CLIENT), *command], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        sys.exit(told)
    found = re.search(r"(\d+) requests in", told), re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found[0] is not None  # noqa: S101 - wrk always tells
    assert found[1] is not None  # noqa: S101 - in each of its reports
    return float(found[1][1]), int(found[0][1]) / (server.cpu() - before)


def peer(folder: Path) -> list[str] | None:
    """Return the command of aimock, None where it is not installed."""
    found = os.environ.get("LLMOCK") or shutil.which("llmock")
    if not found:
        print("aimock is not installed (npm install @copilotkit/aimock; LLMOCK=…/node_modules/.bin/llmock): skipped\n")
        return None
    fixtures = folder / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": [{"match": {"userMessage": "Hello"}, "response": {"content": WORDS}}]}))
    return [found, "--port", "18511", "--fixtures", str(fixtures), "--log-level", "silent"]


def chat(folder: Path, table: Table) -> None:
    """Measure chats that are not streamed, all servers in turn in each round."""
    if not shutil.which("wrk"):
        print("wrk is not installed (apt-get install wrk): the speed of chats and the cost of the ledger are skipped\n")
        return
    script = folder / "chat.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = [[{BODY}]]\nwrk.headers['Content-Type'] = 'application/json'\n")
    commands = {
        "the fake": FAKE,
        "the fake without its ledger": [sys.executable, "-c", WITHOUT_LEDGER, *FAKE[3:]],
        "aiohttp, saying {} to everything": [sys.executable, "-c", BARE],
    }
    if aimock := peer(folder):
        commands["aimock"] = aimock
    speeds = {name: Speed() for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            with serving(command, "http://127.0.0.1:18511" if name == "aimock" else None) as server:
                requests(server, script, 1)
                wall, cpu = requests(server, script, SECONDS)
            speeds[name].wall.append(wall)
            speeds[name].cpu.append(cpu)
    medians = {name: (statistics.median(speed.wall), statistics.median(speed.cpu)) for name, speed in speeds.items()}
    for name, (wall, cpu) in medians.items():
        table.add(f"chats, not streamed, {name}", f"{wall:,.0f}/s; {cpu:,.0f} in a CPU second of the server")
    fake = medians["the fake"][1]
    if "aimock" in medians:
        ratio = fake / medians["aimock"][1]
        table.add("… the fake beside aimock, in a CPU second", f"{ratio:.2f}", "1", kept=ratio >= 1)
    costs = [1 - one / other for one, other in zip(*(speeds[name].cpu for name in list(commands)[:2]), strict=True)]
    cost = statistics.median(costs)
    table.add("… what the ledger costs of them", f"{cost:.1%}", f"{COST:.0%}", kept=cost < COST)


class Stream(asyncio.Protocol):
    """Asks for one stream, and notes how far each token is from its time; as little work as can be."""

    def __init__(self, errors: list[float], done: Callable[[], None]) -> None:
        self._errors = errors
        self._done = done
        self._begun = 0.0
        self._tokens = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self) -> None:
        """Send the request: time counts from here."""
        body = json.dumps({"model": "llama3.2:1b", "messages": MESSAGES})
        request = f"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        self._begun = time.monotonic()
        self._transport.write(request.encode())

    def data_received(self, data: bytes) -> None:
        """Note the tokens that came."""
        since = time.monotonic() - self._begun
        for _ in range(data.count(b'"done":false')):
            self._tokens += 1
            self._errors.append(abs(since - self._tokens / RATE))
        if b'"done":true' in data:
            self._transport.close()
            self._done()


async def lateness(late: list[float]) -> None:
    """Note how late timers are in this very process: what the machine does, and no fake."""
    while True:
        due = time.monotonic() + 1 / RATE
        await asyncio.sleep(1 / RATE)
        late.append(max(0.0, time.monotonic() - due))


async def streams(url: str, late: list[float]) -> list[float]:
    """Return the errors of all tokens of all streams, which begin spread over one second."""
    loop, errors, left = asyncio.get_running_loop(), list[float](), asyncio.Semaphore(0)
    host, port = url.removeprefix("http://").split(":")
    opened = [
        (await loop.create_connection(lambda: Stream(errors, left.release), host, int(port)))[1] for _ in range(STREAMS)
    ]
    watching = asyncio.create_task(lateness(late))
    for number, one in enumerate(opened):
        loop.call_later(1 + number / STREAMS, one.ask)
    for _ in opened:
        await left.acquire()
    watching.cancel()
    return errors


def timing(folder: Path, table: Table) -> None:
    """Measure how well tokens keep their times."""
    config = folder / "config.json"
    config.write_text(json.dumps({"ollama": {"tokens_per_second": RATE, "min_tokens": TOKENS, "max_tokens": TOKENS}}))
    late: list[float] = []
    with serving([*FAKE, "--config", str(config)]) as server:
        before = server.cpu()
        errors = sorted(uvloop.run(streams(server.url, late)))
        used = server.cpu() - before
    late.sort()
    high = percentile(errors, 0.99)
    table.add(f"{STREAMS} streams at {RATE} tokens/s: CPU seconds of the server", f"{used:.1f}")
    table.add("… error of a token's time, median", f"{percentile(errors, 0.5) * 1000:.1f} ms")
    table.add("… 99th percentile", f"{high * 1000:.1f} ms", f"{ERROR * 1000:.0f} ms", kept=high < ERROR)
    table.add("… at worst", f"{errors[-1] * 1000:.1f} ms")
    table.add("… lateness of a timer beside it, 99th percentile", f"{percentile(late, 0.99) * 1000:.1f} ms")


def percentile(ordered: list[float], part: float) -> float:
    """Return the value that this part of all is below."""
    return ordered[int(len(ordered) * part)]


def main() -> None:
    """Measure and print; 1 where a bound is not kept."""
    circumstances = quieten()
    table = Table("Ollama, server and client on one core each")
    with tempfile.TemporaryDirectory() as name:
        chat(Path(name), table)
        timing(Path(name), table)
    table.show()
    print(circumstances)
    print("Where a timer is late by itself, the machine is too busy to tell how late a fake is.")
    sys.exit(not table.kept)


if __name__ == "__main__":
    main()
