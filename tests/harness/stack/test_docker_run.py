from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promdrill.stack.docker_run import READY_SECONDS, docker_run
from promdrill.stack.ownership import labels
from promdrill.stack.part import Part


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, ["shop:1"]),
        ({"command": ["serve", "12345"]}, ["shop:1", "serve", "12345"]),
        (
            {"environment": {"PORT": "12345", "OLLAMA_HOST": "http://127.0.0.1:12346"}, "directory": "/evidence/app"},
            [
                *("--env", "PORT=12345", "--env", "OLLAMA_HOST=http://127.0.0.1:12346", "--workdir", "/evidence/app"),
                "shop:1",
            ],
        ),
    ],
)
def test_docker_runs_the_image_in_the_foreground(told: dict[str, Any], words: list[str]) -> None:
    """The container is on the host's network, has labels and the run's folder, and goes when it ends."""
    part = Part("app", **{"command": [], "environment": {}, "image": "shop:1", "ready": "http://127.0.0.1:1/", **told})
    there = docker_run(part, "1", Path("/evidence/app"))
    fixed = ["docker", "run", "--rm", "--init", "--network", "host"]
    ours = [word for name, value in labels("1").items() for word in ("--label", f"{name}={value}")]
    command = [*fixed, *ours, "--volume", "/evidence/app:/evidence/app", *words]
    assert there == Part("app", command, {}, part.ready, READY_SECONDS)
