"""`python -m promdrill_examples SYSTEM --port PORT`: one system's app in one process."""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
import sys
from importlib import import_module
from typing import TYPE_CHECKING, cast

import uvicorn

import promdrill_examples
from promdrill_examples import mutation
from promdrill_examples.settings import positive
from promdrill_fakes.clock import Clock

if TYPE_CHECKING:
    from socket import socket
    from types import FrameType

    from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Says where it listens, once it does. Ends at once on a signal: no upstream that hangs keeps it alive."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in self.servers[0].sockets if self.started else ():
            host, port, *_ = listening.getsockname()
            sys.stdout.write(json.dumps({"app": f"http://{host}:{port}"}) + "\n")
            sys.stdout.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn's signature
        os._exit(0)


def main() -> None:
    """Serve until a signal comes; exit 2 if the command line or the environment is wrong."""
    parser = argparse.ArgumentParser(prog="python -m promdrill_examples", description=__doc__)
    parser.add_argument("system", help="the name of a system, such as content_creation_crew")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 is any free one; it is told on the output")
    arguments = parser.parse_args()
    try:
        app = _build(arguments.system)
    except (LookupError, ValueError) as error:
        parser.error(str(error.args[0]))
    _Server(
        uvicorn.Config(app, arguments.host, arguments.port, loop="uvloop", access_log=False, log_level="warning")
    ).run()


def _build(system: str) -> ASGIApp:
    systems = sorted(
        module.name
        for module in pkgutil.iter_modules(promdrill_examples.__path__)
        if module.ispkg and module.name != "mutants"
    )
    if system not in systems:
        raise LookupError(f"there is no reference app for {system!r}; there is one for {', '.join(systems)}")
    package = f"{__package__}.{system}"
    settings = import_module(f"{package}.settings").Settings.from_environment(os.environ)
    clock = Clock(
        positive(os.environ, "PROMDRILL_CLOCK_RATE", "1"), positive(os.environ, "PROMDRILL_CALENDAR_RATE", "1")
    )
    if mutant := os.environ.get("PROMDRILL_MUTANT"):
        mutation.apply(system, mutant)
    return cast("ASGIApp", import_module(f"{package}.api").create_app(settings, clock))


if __name__ == "__main__":
    main()
