from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness import wait
from harness.contract.drill import App
from harness.stack.container import READY_SECONDS, container
from harness.stack.processes import Part, Processes

if TYPE_CHECKING:
    from pathlib import Path

# What the run gives for the placeholders.
PLACES = {"port": "12345", "ollama": "127.0.0.1:12346", "work": "/evidence/app"}
RUN = """
import signal
from harness.stack.processes import Processes
print(Processes().container(), flush=True)
signal.pause()
"""


@pytest.mark.parametrize(
    ("app", "words"),
    [
        ({}, ["shop:1"]),
        ({"command": ["serve", "{port}"]}, ["shop:1", "serve", "12345"]),
        (
            {"environment": {"PORT": "{port}", "OLLAMA_HOST": "http://{ollama}"}, "directory": "{work}"},
            [
                *("--env", "PORT=12345", "--env", "OLLAMA_HOST=http://127.0.0.1:12346", "--workdir", "/evidence/app"),
                "shop:1",
            ],
        ),
    ],
)
def test_docker_runs_the_image_in_the_foreground(app: dict[str, object], words: list[str]) -> None:
    """The container is on the host's network, has a name and the run's folder, and goes when it ends."""
    record = App.model_validate({"image": "shop:1", "port": 8000, **app})
    part = container("app", record, "promdrill-1", lambda text: text.format_map(PLACES))
    fixed = ["docker", "run", "--rm", "--init", "--network", "host", "--name", "promdrill-1"]
    assert part == Part("app", [*fixed, "--volume", "/evidence/app:/evidence/app", *words], {}, seconds=READY_SECONDS)


def test_a_container_is_removed_when_its_run_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker keeps a container whose `docker run` was killed; the run's guard has it removed, by its name."""
    docker, asked = tmp_path / "docker", tmp_path / "asked"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        name = run.stdout.readline().strip()
        run.send_signal(signal.SIGKILL)

    def removed() -> None:
        if not asked.exists() or not asked.read_text():
            raise wait.NotYet("docker was not asked")

    wait.until(removed, what="the container removed", seconds=30)
    assert asked.read_text() == f"rm --force --volumes {name}\n"


def test_the_containers_of_two_runs_have_two_names(tmp_path: Path) -> None:
    """Runs beside each other do not remove each other's container."""
    with Processes(tmp_path) as one, Processes(tmp_path) as other:
        assert one.container() != other.container()
