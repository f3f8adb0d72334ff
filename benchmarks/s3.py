"""How fast the fake S3 is: small objects beside moto's server in one run, large ones in bytes a second, and its memory.

    make bench            or: python benchmarks/s3.py

Prints a Markdown table with the bounds. Eight clients put and get small objects at a time: what is compared is what
the servers can do, not how long each takes to wake up for one client. A put comes with head and body apart, as
http.client sends them, and with a body that comes when the server has said 100 Continue, as boto3 sends it; each is
compared with moto asked in the same way. To the fake it comes also in one piece, which moto does not answer.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
from measuring import SERVER, Table, pinned, quieten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SMALL = bytes(10_000)
LARGE = bytes(64 * 1024 * 1024)
GIB = 1024
PIECE = bytes(1024 * 1024)
SECONDS, ROUNDS, CONNECTIONS = 2.0, 3, 8
TIMES_MOTO, STREAMED, FLAT = 15, 200e6, 64e6
FAKE = [sys.executable, "-m", "promdrill_fakes", "--control=0", "--serve=s3=0"]
MOTO_SERVER = """
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print('{"s3": "http://127.0.0.1:%s"}' % server.get_host_and_port()[1], flush=True)
server._thread.join()
"""
MOTO = [sys.executable, "-c", MOTO_SERVER]
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=x"
OBJECT = "/artifacts/small"
WHOLE, APART = "PUT of 10 kB in one piece", "PUT of 10 kB, head and body apart"
TOLD, GET = "PUT of 10 kB, body after 100 Continue", "GET of 10 kB"
EXPECT, CONTINUE = b"Expect: 100-continue\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"


@contextmanager
def serving(*command: str) -> Iterator[tuple[psutil.Process, http.client.HTTPConnection]]:
    """Start a server, make its bucket, and yield the process and a connection."""
    with subprocess.Popen([*pinned(SERVER), *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            url = urlsplit(json.loads(process.stdout.readline())["s3"])
            connection = http.client.HTTPConnection(url.hostname or "", url.port)
            ask(connection, "PUT", "/artifacts")
            yield psutil.Process(process.pid), connection
            connection.close()
        finally:
            process.kill()


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: object = None) -> int:
    """Make a request and return how many bytes were answered."""
    headers = {"Authorization": AUTHORIZATION, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    if not isinstance(body, bytes | None):
        headers["Content-Length"] = str(GIB * len(PIECE))
    connection.request(method, path, body, headers)  # type: ignore[arg-type]  # bytes, pieces of bytes, or nothing
    answer = connection.getresponse()
    if answer.status != 200:  # noqa: PLR2004 - OK
        sys.exit(f"{method} {path} was answered with {answer.status}: {answer.read()!r}")
    size = 0
    while data := answer.read(len(PIECE)):
        size += len(data)
    return size


def request(method: str, path: str, body: bytes | None, more: str = "") -> bytes:
    """Return a request as it goes over the wire."""
    length = f"{more}Content-Length: {len(body)}\r\n" if body else ""
    said = f"Host: localhost\r\nAuthorization: {AUTHORIZATION}\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n{length}"
    return f"{method} {path} HTTP/1.1\r\n{said}\r\n".encode() + (body or b"")


class Client:
    """One connection, made when it is needed, over which requests go as they are."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, piece: bytes) -> None:
        """Send a request, or a piece of one."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(piece)

    def go_on(self) -> None:
        """Wait to be told to send the body; moto says it once more when it answers."""
        if not (said := self._receive()).startswith(CONTINUE):
            sys.exit(f"was answered with {said!r}")

    def finish(self) -> None:
        """Read the answer."""
        head, end, body = b"", b"", b""
        while not end:
            head += self._receive()
            head, end, body = head.removeprefix(CONTINUE).partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)", head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            sys.exit(f"was answered with {head!r}")
        left = int(length[1]) - len(body)
        while left > 0:
            left -= len(self._receive())
        if b"\r\nConnection: close" in head:
            self.close()

    def close(self) -> None:
        """End the connection; the next request makes another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self) -> bytes:
        assert self._socket is not None  # noqa: S101 - something was sent
        if not (data := self._socket.recv(65536)):
            sys.exit("the server closed the connection in mid-answer")
        return data


def ask_all(clients: Sequence[Client], pieces: Sequence[bytes]) -> None:
    """Have every client make a request, piece by piece, each piece when all have sent the one before."""
    for piece in pieces:
        for client in clients:
            client.send(piece)
        if EXPECT in piece:
            for client in clients:
                client.go_on()
    for client in clients:
        client.finish()


def rate(server: psutil.Process, work: Callable[[], object]) -> tuple[float, float]:
    """Return how often work is done in a second of the wall clock, and in one of the server's own time."""
    work()
    used, start, count = cpu(server), time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        work()
        count += 1
    return count / (time.perf_counter() - start), count / (cpu(server) - used)


def cpu(server: psutil.Process) -> float:
    """Return the seconds that a server has computed."""
    times = server.cpu_times()
    return float(times.user + times.system)


def small(rounds: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Return how fast small objects are put and got: medians of some rounds, each with all servers in turn."""
    put, told = request("PUT", OBJECT, SMALL), request("PUT", OBJECT, SMALL, EXPECT.decode())
    ways = {
        WHOLE: (put,),
        APART: (put.removesuffix(SMALL), SMALL),
        TOLD: (told.removesuffix(SMALL), SMALL),
        GET: (request("GET", OBJECT, None),),
    }
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, command in (("moto", MOTO), ("fake", FAKE)):
            with serving(*command) as (server, connection):
                for way, pieces in ways.items():
                    if (name, way) == ("moto", WHOLE):
                        continue
                    clients = [Client(connection.port) for _ in range(CONNECTIONS)]
                    each = rate(server, partial(ask_all, clients, pieces))
                    found.setdefault((name, way), []).append((each[0] * CONNECTIONS, each[1] * CONNECTIONS))
                    for client in clients:
                        client.close()
    return {
        which: (statistics.median(wall for wall, _ in each), statistics.median(own for _, own in each))
        for which, each in found.items()
    }


def md5_speed() -> float:
    """Return how many bytes of a large object's ETag this machine computes in a second, and nothing else."""
    start = time.perf_counter()
    hashlib.md5(LARGE, usedforsecurity=False).digest()
    return len(LARGE) / (time.perf_counter() - start)


def main() -> None:
    """Measure and print; 1 where a bound is not kept."""
    circumstances = quieten()
    table = Table(f"S3, server and {CONNECTIONS} clients on one core each")
    speeds = small(ROUNDS)
    for (name, way), (wall, own) in speeds.items():
        table.add(f"{way}, {name}", f"{wall:.0f}/s; {own:.0f} in a CPU second of the server")
        if name != "moto":
            ratio = own / speeds["moto", APART if way == WHOLE else way][1]
            table.add("… times moto's, in a CPU second", f"{ratio:.1f}", f"{TIMES_MOTO}", kept=ratio >= TIMES_MOTO)
    table.add("MD5 of 64 MiB alone", f"{md5_speed() / 1e6:.0f} MB/s")
    with serving(*FAKE) as (server, connection):
        for method, body in (("PUT", LARGE), ("GET", None)):
            wall, own = (
                each * len(LARGE) for each in rate(server, partial(ask, connection, method, "/artifacts/large", body))
            )
            each = f"{wall / 1e6:.0f} MB/s; {own / 1e6:.0f} MB in a CPU second"
            table.add(f"{method} of 64 MiB", each, f"{STREAMED / 1e6:.0f} MB/s", kept=wall >= STREAMED)
    with serving(*FAKE) as (server, connection):
        before = server.memory_info().rss
        ask(connection, "PUT", "/artifacts/huge", (PIECE for _ in range(GIB)))
        ask(connection, "GET", "/artifacts/huge")
        more = server.memory_info().rss - before
    table.add("memory for 1 GiB put and got", f"{more / 1e6:.0f} MB", f"{FLAT / 1e6:.0f} MB", kept=more < FLAT)
    table.show()
    print(circumstances)
    sys.exit(not table.kept)


if __name__ == "__main__":
    main()
