from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from promdrill import conventions, wait
from promdrill.errors import StackError
from promdrill.stack.guard import processes_of
from promdrill.stack.part import Part
from promdrill.stack.processes import Processes, ignore_signals
from tests.parts import IDLE, STUBBORN, await_log
from tests.words import generic

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path.strip("/")))
        self.end_headers()
    def log_message(self, *_):
        pass
print("serving", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def python(name: str, code: str, *arguments: str, ready: str | None = None, seconds: float = 30) -> Part:
    """Return a part that runs a piece of Python."""
    return Part(name, [sys.executable, "-c", code, *arguments], {}, ready, seconds)


def served(processes: Processes, status: int, seconds: float = 30) -> Part:
    """Return a part that answers every request for readiness with this status."""
    port = processes.ports.take()
    return python("app", SERVER, str(port), ready=f"http://127.0.0.1:{port}/{status}", seconds=seconds)


def none_left(run: str) -> None:
    """Wait until no process of a run is left."""

    def probe() -> None:
        if left := processes_of(run, conventions.RUN_VARIABLE):
            raise wait.NotYet(str(left))

    wait.until(probe, what=f"the end of all processes of {run}", seconds=30)


def test_ready(tmp_path: Path) -> None:
    """A part is started when it answers; its log has its name."""
    with Processes(tmp_path) as processes:
        started = processes.start_all([served(processes, 200)])
        processes.alive()
        assert started["app"].tail() == "    serving"
        assert [path.name for path in tmp_path.iterdir()] == ["app.log"]


def test_not_ready_in_time(tmp_path: Path) -> None:
    """A part that does not get ready is told with the last observation and the end of its log."""
    with Processes(tmp_path) as processes:
        part = served(processes, 503, seconds=1)
        with pytest.raises(StackError) as raised:
            processes.start_all([part])
    seen, log = f"{part.ready} answers 503", tmp_path / "app.log"
    assert str(raised.value) == f"app ready: not within 1 s; last seen: {seen}. The end of its log, {log}:\n    serving"


def test_ready_past_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that the user's shell names does not come between: all parts are on loopback."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Processes(tmp_path) as processes:
        processes.start_all([served(processes, 200)])


def test_no_address(tmp_path: Path) -> None:
    """A part whose readiness is asked at what is no address is told by its name, at once."""
    with Processes(tmp_path) as processes, pytest.raises(StackError) as raised:
        processes.start_all([python("app", IDLE, ready="http://127.0.0.1:1/\n")])
    assert str(raised.value).startswith("app: 'http://127.0.0.1:1/\\n' is no address: ")


def test_run_to_end(tmp_path: Path) -> None:
    """A short-lived part is waited for, and is then none that must live."""
    with Processes(tmp_path) as processes:
        processes.run_to_end(python("job", "print('done')"))
        processes.alive()
    assert (tmp_path / "job.log").read_text() == "done\n"


@pytest.mark.parametrize(
    "code",
    ["import sys; print('once'); sys.exit('twice')", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", IDLE],
    ids=["exit code", "killed", "no end"],
)
def test_run_to_a_bad_end(tmp_path: Path, code: str, snapshot: SnapshotAssertion) -> None:
    """A short-lived part that fails, or does not end in time, is told with its last line, and nothing of it is left."""
    with Processes(tmp_path) as processes:
        with pytest.raises(StackError) as raised:
            processes.run_to_end(python("job", code, seconds=2))
        processes.alive()
        assert processes_of(processes.run, conventions.RUN_VARIABLE) == []
    assert str(raised.value) == snapshot


def test_dead_before_it_was_ready(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """A part that ends before it is ready is told at once, with the end of its log."""
    code = "import sys; [print(n) for n in range(20)]; sys.exit(3)"
    with Processes(tmp_path) as processes, pytest.raises(StackError) as raised:
        processes.start_all([python("app", code, ready="http://127.0.0.1:1/")])
    first, *tail = str(raised.value).splitlines()
    assert generic(first, log=tmp_path / "app.log") == snapshot
    assert tail == [f"    {number}" for number in range(5, 20)]


def test_not_startable(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """A command that is not there is told by the part's name."""
    with Processes(tmp_path) as processes, pytest.raises(StackError) as raised:
        processes.start(Part("app", ["./no-such-command"], {}))
    assert str(raised.value) == snapshot


def test_killed(tmp_path: Path) -> None:
    """A part that is killed is named with its signal, unless it may have ended."""
    with Processes(tmp_path) as processes:
        running = processes.start(python("app", IDLE))
        processes.alive()
        await_log(running, "up")
        running.process.kill()
        running.process.wait()
        processes.alive(but=running)
        with pytest.raises(StackError) as raised:
            processes.alive()
    log = tmp_path / "app.log"
    assert str(raised.value) == f"app exited during the run (killed by SIGKILL). The end of its log, {log}:\n    up"


def test_ended_before_the_others(tmp_path: Path) -> None:
    """A part that was ended on purpose is no longer one that must live."""
    with Processes(tmp_path) as processes:
        running = processes.start(python("app", IDLE))
        processes.end(running)
        processes.alive()
        assert running.process.returncode == -signal.SIGTERM


def test_stubborn(tmp_path: Path) -> None:
    """A part that does not end when it is asked to is killed."""
    with Processes(tmp_path) as processes:
        running = processes.start(replace(python("app", STUBBORN), end_seconds=0.1))
        await_log(running, "up")
    assert running.process.returncode == -signal.SIGKILL


def test_nothing_is_left() -> None:
    """After a run no process, no temporary folder and no log is left."""
    with Processes() as processes:
        folder = processes.temporary_folder()
        (folder / "file").touch()
        running = processes.start(python("app", IDLE))
    assert processes_of(processes.run, conventions.RUN_VARIABLE) == []
    assert running.process.returncode == -signal.SIGTERM
    assert not folder.exists()
    assert not running.log.exists()


def test_nothing_is_left_after_an_exception() -> None:
    """A run that an exception ends leaves nothing either."""
    processes = Processes()
    folder = processes.temporary_folder()
    processes.start(python("app", IDLE))
    with pytest.raises(StackError), processes:
        processes.start(Part("other", ["./no-such-command"], {}))
    assert processes_of(processes.run, conventions.RUN_VARIABLE) == []
    assert not folder.exists()


def test_grandchildren_end_too(tmp_path: Path) -> None:
    """What a part has started, in whatever session, ends with the run."""
    code = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {IDLE.replace("up", "grandchild")!r}], start_new_session=True)
{IDLE}
"""
    with Processes(tmp_path) as processes:
        running = processes.start(python("app", code))
        await_log(running, "grandchild")
        await_log(running, "up")
        assert len(processes_of(processes.run, conventions.RUN_VARIABLE)) == 2
    none_left(processes.run)


def test_killed_parent(tmp_path: Path) -> None:
    """When the tool itself is killed, all that it started ends, and its temporary folders are removed."""
    child = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {IDLE!r}], start_new_session=True)
{IDLE}
"""
    parent = f"""
import signal, sys
from pathlib import Path
from promdrill.stack.part import Part
from promdrill.stack.processes import Processes
processes = Processes(Path({str(tmp_path)!r}))
folder = processes.temporary_folder()
(folder / "file").touch()
processes.start(Part("app", [sys.executable, "-c", {child!r}], {{}}))
print(processes.run, folder, flush=True)
signal.pause()
"""
    tool = psutil.Popen([sys.executable, "-c", parent], stdout=-1, text=True)
    assert tool.stdout is not None
    run, folder = tool.stdout.readline().split()

    def both_up() -> None:
        if (text := (tmp_path / "app.log").read_text()) != "up\nup\n":
            raise wait.NotYet(text)

    wait.until(both_up, what="the part and its child", seconds=30)
    assert len(processes_of(run, conventions.RUN_VARIABLE)) == 2
    tool.kill()
    tool.wait()
    tool.stdout.close()
    none_left(run)

    def removed() -> None:
        if Path(folder).exists():
            raise wait.NotYet(f"{folder} is there")

    wait.until(removed, what="the folder's end", seconds=30)


def test_second_interrupt() -> None:
    """While all is being ended, a second Ctrl-C does nothing; afterwards it does what it did before."""
    with ignore_signals():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
