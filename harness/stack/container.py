"""The app from a container image: Docker in the foreground, on the host's network, so that loopback is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contract.drill import WORK
from harness.stack.processes import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.contract.drill import App

# An image that is not there yet is pulled first.
READY_SECONDS = 300.0


def container(name: str, app: App, container_name: str, placed: Callable[[str], str]) -> Part:
    """Return the part that runs the image of an app; `placed` fills in placeholders.

    The container goes when it ends. The run's folder has the same path inside as outside. Without a command the
    image's own is run.
    """
    work = placed(WORK)
    variables = [word for key, text in app.environment.items() for word in ("--env", f"{key}={placed(text)}")]
    where = ["--workdir", placed(app.directory)] if app.directory else []
    command = [
        "docker", "run", "--rm", "--init", "--network", "host", "--name", container_name,
        "--volume", f"{work}:{work}", *variables, *where, str(app.image), *map(placed, app.command),
    ]  # fmt: skip
    return Part(name, command, {}, seconds=READY_SECONDS)
