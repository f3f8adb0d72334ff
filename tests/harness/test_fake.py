from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner, Result

from promdrill.cli import main
from promdrill.fake import ports
from tests.e2e.command import PATIENCE, Command
from tests.words import generic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion

PAGE = Path(__file__).parents[2] / "docs" / "fakes.md"


def fake(*arguments: str) -> Result:
    """Return how a `promdrill fake` that cannot begin ended."""
    return CliRunner().invoke(main, ["fake", *arguments])


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """Return the fakes of Ollama and TTS, served by the command in an empty folder with a configuration."""
    (tmp_path / "fakes.yml").write_text("ollama: {models: [phi3]}\n", encoding="utf-8")
    running = Command(["fake", "ollama", "tts", "--json", "--config", "fakes.yml"], tmp_path)
    yield running
    running.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_fakes_stand_until_interrupted(command: Command, number: signal.Signals) -> None:
    """They serve what was asked for, tell where and how clients find it, and end with 0, nothing left behind."""
    command.until_said("\n")
    told = json.loads(command.said())
    urls = told["urls"]
    assert list(urls) == ["ollama", "elevenlabs", "piper", "gtts", "control"]
    assert httpx.get(f"{urls['ollama']}/v1/models").json()["data"][0]["id"] == "phi3:latest"
    assert told["environment"] == {
        "OLLAMA_HOST": urls["ollama"],
        "OPENAI_BASE_URL": f"{urls['ollama']}/v1",
        "OPENAI_API_KEY": "any",
        "ELEVENLABS_BASE_URL": urls["elevenlabs"],
        "ELEVENLABS_API_KEY": "any",
        "PIPER_URL": urls["piper"],
        "GTTS_TLD": urls["gtts"].replace("https://", "com@"),
        "PROMDRILL_CONTROL": urls["control"],
    }
    command.process.send_signal(number)
    assert command.ended() == 0
    command.nothing_left()


def test_the_variables_are_for_a_shell(tmp_path: Path) -> None:
    """Without --json, each variable is a line that a shell takes, each address a comment."""
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    running = Command(["fake", "s3", "--port", str(port)], tmp_path)
    running.until_said("ends them.")
    lines = running.said().splitlines()
    running.kill()
    assert (lines[:5], lines[-1]) == (
        [
            f"# s3          http://127.0.0.1:{port}",
            f"export AWS_ENDPOINT_URL_S3=http://127.0.0.1:{port}",
            "export AWS_ACCESS_KEY_ID=any",
            "export AWS_SECRET_ACCESS_KEY=any",
            "export AWS_DEFAULT_REGION=us-east-1",
        ],
        "# Ctrl-C ends them.",
    )


def test_a_taken_port_is_wrong_use(snapshot: SnapshotAssertion) -> None:
    """A port that cannot be had is exit code 2, and is told with its fake."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = fake("s3", f"--port={port}")
    assert ended.exit_code == 2
    assert generic(ended.output, port=port) == snapshot


def test_a_bad_configuration_is_wrong_use(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """All that is wrong with a configuration is told at once, with exit code 2."""
    file = tmp_path / "fakes.yml"
    file.write_text("{speed: 1, seed: x}", encoding="utf-8")
    ended = fake("s3", f"--config={file}")
    assert ended.exit_code == 2
    assert generic(ended.output, file=file) == snapshot


def test_the_three_lines_of_the_docs(tmp_path: Path) -> None:
    """What the page shows for a shell puts a fault and shows it, as it stands there but for the ports."""
    (snippet,) = re.findall(r"```shell\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for documented in ("11434", "9000"):
        with socket.create_server(("127.0.0.1", 0)) as chosen:
            snippet = snippet.replace(documented, str(chosen.getsockname()[1]))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = f"{snippet}\nkill %1; wait %1; echo $?"
    ended = subprocess.run(
        ["bash", "-mc", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert ended.stdout.endswith('{"error":"server busy, please try again.  maximum pending requests exceeded"}0\n')


@pytest.mark.parametrize(
    "arguments",
    [
        ["olama"],
        ["ollama", "s3", "--port=1234"],
        ["ollama", "--port=s3=1234"],
        ["ollama", "--port=http"],
        ["ollama", "--port=65536"],
        ["ollama", "--tls=s3"],
    ],
    ids=" ".join,
)
def test_wrong_use(arguments: list[str], snapshot: SnapshotAssertion) -> None:
    """What is asked for and is not there is exit code 2, before anything starts."""
    ended = fake(*arguments)
    assert ended.exit_code == 2
    assert ended.output == snapshot


def test_ports() -> None:
    """A lone fake needs no name before its port, of several each has its own, and the others have any free one."""
    assert ports(["ollama"], ["1234"]) == {"ollama": 1234}
    found = ports(["tts", "s3", "piper"], ["s3=9001", "piper=5000"])
    assert found == {"elevenlabs": 0, "piper": 5000, "gtts": 0, "s3": 9001}
