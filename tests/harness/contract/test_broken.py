"""A broken scenario folder is refused with all of its problems, each with its file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.contract import load_scenario
from harness.errors import ContractError, Exit, Problem

if TYPE_CHECKING:
    from pathlib import Path

METRIC = "GIVES-LABELS"


def problems_of(folder: Path) -> tuple[Problem, ...]:
    """Return what a folder is refused with."""
    with pytest.raises(ContractError) as raised:
        load_scenario(folder)
    return raised.value.problems


def edit(path: Path, old: str, new: str) -> None:
    """Replace one text in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_right_folder(folder: Path) -> None:
    """A folder that is right is read."""
    assert load_scenario(folder).contract.system == "shop"


CASES = {
    "unknown key": ("contract.yml", "receiver: drill", "reciever: drill", [(14, "x"), (20, "y")]),
}
