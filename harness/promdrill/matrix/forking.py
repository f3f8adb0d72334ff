"""Imports modules once, and runs others in forks of itself: `python forking.py REQUESTS [MODULE ...]`.

A script of the standard library alone, since it also runs by the interpreter of the app. REQUESTS is a named pipe; each
line that comes through it is JSON: the `module` to run as `python -m` does, its `arguments`, `environment`,
`directory`, the file of its `log`, and the file for its `status`. That holds the process id of the fork once there is
one, and in a second line its exit code, negative for a signal, once it has ended.
"""

import gc
import importlib
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

# gevent puts its own in their place, which need its loop.
FORK, READ, WAIT = os.fork, os.read, os.waitpid


def main() -> None:
    """Serve requests for ever."""
    requests = os.open(sys.argv[1], os.O_RDWR)  # with a writer of its own it never ends
    if not sys.flags.safe_path:
        sys.path[0] = str(Path.cwd())
    for module in sys.argv[2:]:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    rest = b""
    while True:
        *lines, rest = (rest + READ(requests, 65536)).split(b"\n")
        for line in lines:
            if FORK() == 0:
                watch(json.loads(line))
        reap()


def reap() -> None:
    """Let go of the watchers that have ended."""
    try:
        while WAIT(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def watch(request: dict[str, Any]) -> None:
    """Run one module in a fork, and say how it ended."""
    child = FORK()
    if child == 0:
        become(request)
        sys.exit(0)
    write(request["status"], f"{child}\n")
    code = os.waitstatus_to_exitcode(WAIT(child, 0)[1])
    write(request["status"], f"{child}\n{code}\n")
    os._exit(0)


def write(path: str, text: str) -> None:
    """Write a file so that nobody reads half of it."""
    new = Path(f"{path}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def become(request: dict[str, Any]) -> None:
    """Be the module that is asked for."""
    os.setsid()
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    if not sys.flags.safe_path:
        sys.path[0] = request["directory"]
    if "gevent" in sys.modules:
        sys.modules["gevent"].reinit()
    sys.argv = [request["module"], *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
