"""However a run ends, it says why, and leaves nothing running."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("haiku")]
# It has all parts, and reaches its last phase in half a minute.
RUN = ("run", "./haiku")
# A word of each part's command line.
PARTS = {
    "fakes": "promdrill_fakes --host",
    "app": " app.py",
    "prometheus": "--storage.tsdb.path",
    "alertmanager": "--cluster.listen-address",
    "locust": "-m promdrill.load",
}
PHASES = ("start", "warm-up", "baseline", "ollama_fails", "recovery", "drain", "checks")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_dies_is_named(promdrill: Callable[..., Command], part: str) -> None:
    """Killing a part in mid-run ends the run within 15 s as inconclusive, with the dead part named."""
    command = promdrill(*RUN)
    command.until_said("baseline")
    command.part(PARTS[part]).kill()
    assert command.ended(15) == 3
    assert f"promdrill: {part} exited during the run (killed by SIGKILL)" in command.said()
    command.nothing_left()


@pytest.mark.parametrize("phase", PHASES)
def test_an_interrupt_leaves_nothing_behind(promdrill: Callable[..., Command], phase: str) -> None:
    """Ctrl-C in any phase ends everything that was started."""
    command = promdrill(*RUN)
    command.until_said(f"s  {phase}")
    command.process.send_signal(signal.SIGINT)
    assert command.ended() == 130
    assert "interrupted; all that was started has ended" in command.said()
    command.nothing_left()


def test_an_interrupt_within_an_import_is_one(tmp_path: Path) -> None:
    """Python has its own end for an interruption of a text that it executes, as while it makes a dataclass."""
    (tmp_path / "interrupted.py").write_text(
        "from promdrill.cli.errors import Commands\n"
        "main = Commands(callback=lambda: exec('raise KeyboardInterrupt'), invoke_without_command=True)\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 130, ended.stderr


def test_a_termination_leaves_nothing_behind(promdrill: Callable[..., Command]) -> None:
    """SIGTERM, as from a CI system that gives up, ends everything too."""
    command = promdrill(*RUN)
    command.until_said("baseline")
    command.process.send_signal(signal.SIGTERM)
    assert command.ended() == 130
    command.nothing_left()


def test_a_kill_leaves_nothing_behind(promdrill: Callable[..., Command]) -> None:
    """No orphan survives promdrill itself being killed."""
    command = promdrill(*RUN)
    command.until_said("baseline")
    command.process.send_signal(signal.SIGKILL)
    assert command.ended() == -signal.SIGKILL
    command.nothing_left()
