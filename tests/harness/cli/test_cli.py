"""The command line as a whole: what its help imports, and how a command ends whose reader has left."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from promdrill import conventions
from promdrill.cli import COMMANDS
from promdrill.cli.errors import exit_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = "import sys; from promdrill.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
PROMDRILL = (sys.executable, "-m", "promdrill")


def test_commands() -> None:
    """Each module of the package that holds a command is listed, and listed by its name."""
    shared = {"__init__", "errors", "parameters", "verdict"}
    modules = {path.stem for path in Path(conventions.__file__).with_name("cli").glob("*.py")} - shared
    assert set(COMMANDS) == modules
    assert {name: import_module(f"promdrill.cli.{name}").command.name for name in modules} == {n: n for n in modules}


def test_help_imports() -> None:
    """`promdrill --help` imports click, and of promdrill only what holds the names of the commands."""
    shown = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True).stdout
    modules = shown.splitlines()[-1].split()
    of_python = {"__main__", "_distutils_hack", *sys.stdlib_module_names}
    foreign = {name.partition(".")[0] for name in modules} - of_python
    assert foreign - {"click", "promdrill", "promdrill_fakes"} == set(), "a library other than click"
    assert {name for name in modules if name.startswith("promdrill")} == {
        "promdrill", "promdrill.cli", "promdrill.cli.errors", "promdrill.errors", "promdrill.model",
        "promdrill.report", "promdrill.report.output", "promdrill_fakes", "promdrill_fakes.catalogue",
    }  # fmt: skip


@pytest.fixture
def unread() -> int:
    """A pipe to write to, whose reader has left."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


READERS = {
    "help": ["--help"],
    "help of a command": ["run", "--help"],
    "version": ["--version"],
    "text": ["mutants"],
    "rules": ["mutants", "--rules"],
    "list": ["list"],
    "pages": ["explain"],
    "page": ["explain", "counter"],
    "JSON": ["doctor", "--json"],
}


@pytest.mark.parametrize("unbuffered", [(), ("-u",)], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", READERS.values(), ids=READERS)
def test_reader_of_output_leaves(arguments: Sequence[str], unbuffered: Sequence[str], unread: int) -> None:
    """A command ends as by SIGPIPE where nobody reads its output, without a word, at the interpreter's end too."""
    command = [sys.executable, *unbuffered, "-m", "promdrill", *arguments]
    ended = subprocess.run(command, stdout=unread, stderr=subprocess.PIPE, text=True, check=False)
    os.close(unread)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["no-command"], 2), (["run", "--no-option"], 2), (["explain", "no-check"], 2)]
)
def test_reader_of_complaints_leaves(arguments: Sequence[str], code: int, unread: int) -> None:
    """A command whose complaint nobody reads keeps its exit code."""
    ended = subprocess.run([*PROMDRILL, *arguments], stdout=unread, stderr=unread, check=False)
    os.close(unread)
    assert ended.returncode == code


def test_other_broken_pipes(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe or socket that breaks elsewhere is no reader of ours, and is said."""
    with pytest.raises(click.exceptions.Exit) as ended, exit_codes():
        raise BrokenPipeError(32, "Broken pipe")
    assert ended.value.exit_code == 3
    assert "the machine refused: Broken pipe" in capsys.readouterr().err
