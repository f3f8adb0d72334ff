"""What a stack asks of its parts, asked of processes and of containers alike."""

from __future__ import annotations

import contextlib
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from promdrill import plain_http
from promdrill.errors import StackError
from promdrill.stack.image import OURS
from promdrill.stack.part import Part
from promdrill.stack.processes import Processes
from tests import containers
from tests.parts import IDLE, STUBBORN, await_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Answers 200, or what an address answers that is asked for; says where it is and who it is.
SERVER = """
import http.server, os, sys, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.path[1:]
        own = b"it is me, " + sys.argv[3].encode()
        body = urllib.request.urlopen("http://" + wanted, timeout=5).read() if wanted else own
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
print("serving as", os.getuid(), flush=True)
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"""
GONE = "import sys; print('no such luck'); sys.exit(3)"


def python(name: str, code: str, *arguments: str) -> Part:
    """Return a part that runs a piece of Python, in our image where parts are containers."""
    return Part(name, [sys.executable, "-c", code, *arguments], {}, image=OURS)


@pytest.fixture(params=["processes", "containers"])
def parts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    """What starts the parts of a run."""
    (tmp_path / "logs").mkdir()
    if request.param == "processes":
        with Processes(tmp_path / "logs") as processes:
            yield processes
        return
    containers.client()
    from promdrill.stack.containers import Containers  # noqa: PLC0415 - after it is known that there is an engine

    with Containers(tmp_path / "logs", tmp_path, [], print) as contained:
        yield contained
    assert containers.left(contained.run) == []


def server(parts: Processes, name: str) -> Part:
    """Return a part that serves on a port of its own, by which it is known outside."""
    port = parts.ports.take()
    served = python(name, SERVER, parts.listening(), str(port), name)
    return replace(served, ready=f"http://127.0.0.1:{port}/", ports=(port,))


def asked(part: Part, what: str = "") -> str:
    """Return what a server answers; empty where it does not."""
    try:
        with plain_http.client(seconds=1) as client:
            return client.get(f"{part.ready}{what}").text
    except httpx.HTTPError:
        return ""


def test_parts_reach_each_other(parts: Processes) -> None:
    """Parts that start together are reached from outside, and from each other; what they print is in their logs."""
    one, other = server(parts, "one"), server(parts, "other")
    started = parts.start_all([one, other])
    parts.alive()
    assert asked(one) == "it is me, one"
    assert asked(one, parts.address_of("other", other.ports[0])) == "it is me, other"
    await_log(started["other"], "serving as")


def test_dead_before_it_was_ready(parts: Processes) -> None:
    """A part that ends before it is ready is told at once, with its exit code and the end of its log."""
    with pytest.raises(StackError) as raised:
        parts.start_all([replace(python("app", GONE), ready="http://127.0.0.1:1/")])
    first, last = str(raised.value).splitlines()
    assert first.startswith("app exited while it was starting (exit code 3). The end of its log, ")
    assert last == "    no such luck"


def test_killed(parts: Processes) -> None:
    """A part that is killed is named with its signal, unless it may have ended."""
    running = parts.start_all([python("app", IDLE)])["app"]
    await_log(running, "up")
    running.process.kill()
    running.process.wait()
    parts.alive(but=running)
    with pytest.raises(StackError, match=r"app exited during the run \(killed by SIGKILL\)"):
        parts.alive()


@pytest.mark.parametrize(("code", "ended"), [(IDLE, -signal.SIGTERM), (STUBBORN, -signal.SIGKILL)])
def test_ended(parts: Processes, code: str, ended: int) -> None:
    """A part ends when it is asked to, is killed when it does not, and is then none that must live."""
    running = parts.start_all([replace(python("app", code), end_seconds=2)])["app"]
    await_log(running, "up")
    assert parts.end(running) == ended
    parts.alive()


def test_paused(parts: Processes) -> None:
    """A part that stands still answers nobody, and goes on where it was."""
    part = server(parts, "app")
    running = parts.start_all([part])["app"]
    with running.process.pause():
        assert asked(part) == ""
        parts.alive()
    assert asked(part) == "it is me, app"


def test_cut_off(parts: Processes) -> None:
    """A container that is cut off is reached by nobody, and by its name again afterwards; a process cannot be."""
    app, other = server(parts, "app"), server(parts, "other")
    running = parts.start_all([app, other])["app"]
    inside = parts.address_of("app", app.ports[0])
    if parts.kind == "processes":
        with pytest.raises(StackError, match="drill with `--stack containers`"):
            running.process.cut_off()
        return
    with running.process.cut_off():
        assert asked(other, inside) == ""
        parts.alive()
    assert asked(other, inside) == "it is me, app"


def test_notified(parts: Processes, tmp_path: Path) -> None:
    """What a part is told of is kept, with whom it came by."""
    post = "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], b'{\"alerts\": []}'), timeout=5)"
    with contextlib.ExitStack() as opened:
        inbox, needed = parts.receiver(opened, tmp_path)
        assert inbox.received == ()
        if needed:
            parts.start_all(needed)
        sender = parts.start_all([python("sender", post, f"{inbox.url}/on%20call")])["sender"]
        assert sender.process.wait() == 0, sender.tail()
        assert [(one["via"], one["alerts"]) for one in inbox.received] == [("on call", [])]
