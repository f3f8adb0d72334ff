from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    Spawning = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_fakes_at_once(spawning: Spawning, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end them with 0 and without a word, even while a request hangs."""
    with spawning("--serve=ollama=0") as process:
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        assert httpx.get(f"{urls['control']}/health").json() == {"status": "ok"}
        httpx.put(f"{urls['control']}/faults/x", json={"service": "ollama", "effect": {"hang": True}})
        address = urls["ollama"].removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1]))) as hanging:
            hanging.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            deadline = time.monotonic() + 10
            while not httpx.get(f"{urls['control']}/ledger").json()["in_flight"] and time.monotonic() < deadline:
                pass
            process.send_signal(number)
            assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize("name", ["fakes.yml", "fakes.json"])
def test_a_configuration_file_is_taken(spawning: Spawning, tmp_path: Path, name: str) -> None:
    """YAML or JSON, as in PATCH /config."""
    file = tmp_path / name
    file.write_text(
        '{"seed": 4, "s3": {"buckets": ["here"]}}' if name.endswith("json") else "seed: 4\ns3: {buckets: [here]}"
    )
    with spawning("--serve=s3=0", f"--config={file}") as process:
        assert process.stdout is not None
        config = httpx.get(f"{json.loads(process.stdout.readline())['control']}/config").json()
        assert (config["seed"], config["s3"]["buckets"]) == (4, ["here"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{speed: 1, seed: x}",
            ["seed: Input should be a valid integer", "speed: Extra inputs are not permitted"],
        ),
        ("[1]", ["(all): Input should be an object"]),
    ],
)
def test_a_bad_configuration_file_is_exit_2(spawning: Spawning, tmp_path: Path, text: str, expected: list[str]) -> None:
    """All errors are told at once, and nothing is started."""
    file = tmp_path / "fakes.yml"
    file.write_text(text)
    with spawning("--serve=s3=0", f"--config={file}") as process:
        told = process.communicate(timeout=10)
    assert (process.returncode, told) == (2, ("", "".join(f"{file}: {line}\n" for line in expected)))


def test_a_file_that_is_not_there_is_exit_2(spawning: Spawning, tmp_path: Path) -> None:
    """A configuration that cannot be read is wrong use."""
    with spawning("--serve=s3=0", f"--config={tmp_path / 'none'}") as process:
        _, told = process.communicate(timeout=10)
    assert (process.returncode, "No such file" in told) == (2, True)


def test_a_taken_port_is_told(spawning: Spawning) -> None:
    """A port that cannot be had ends the fakes with 1 and says which."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with spawning(f"--serve=s3={port}") as process:
            _, told = process.communicate(timeout=10)
    assert (process.returncode, f"port {port} of 127.0.0.1 cannot be had for s3" in told) == (1, True)


def test_a_configuration_is_checked_without_serving() -> None:
    """`python -m promdrill_fakes.check` answers with every problem of a configuration, and starts nothing."""
    command = [sys.executable, "-m", "promdrill_fakes.check"]
    config = '{"seed": "one", "faults": {"f": {"service": "ollama", "effect": {"statu": 500}}}}'
    answers = [
        json.loads(subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout)
        for text in ("{}", config)
    ]
    assert [[problem["path"] for problem in answer] for answer in answers] == [[], ["seed", "faults.f.effect.statu"]]
