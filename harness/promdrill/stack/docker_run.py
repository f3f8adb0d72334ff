"""An image of the user's in a stack of processes: Docker in the foreground, on the host's network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promdrill.stack.ownership import labels

if TYPE_CHECKING:
    from pathlib import Path

    from promdrill.stack.part import Part

# An image that is not there yet is pulled first.
READY_SECONDS = 300.0


def docker_run(part: Part, run: str, folder: Path | None) -> Part:
    """Return the part that runs a part's image, so that loopback is the same; it goes when it ends.

    The folder has the same path inside as outside. Without a command the image's own is run.
    """
    ours = [word for name, value in labels(run).items() for word in ("--label", f"{name}={value}")]
    shared = ["--volume", f"{folder.resolve()}:{folder.resolve()}"] if folder else []
    variables = [word for name, value in part.environment.items() for word in ("--env", f"{name}={value}")]
    where = ["--workdir", part.directory] if part.directory else []
    command = [
        "docker", "run", "--rm", "--init", "--network", "host", *ours, *shared, *variables, *where,
        str(part.image), *part.command,
    ]  # fmt: skip
    return replace(part, command=command, environment={}, directory=None, image=None, seconds=READY_SECONDS)
