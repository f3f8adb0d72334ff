"""An alert that compressed time cannot reach is named before the run starts, and no run calls it green."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"
REASON = "it reads the clock (time()), which no factor can make faster"
BEYOND = "it reads the clock (time()), and haiku_open is not a time that could move with it"
RULE = """
      - alert: HaikuStale
        expr: time() - haiku_open > 3600
        labels: {severity: info}
"""
ALERT = """
  HaikuStale:
    expr: time() - haiku_open > 3600
    severity: info
    phase: ollama_fails
    source: "doc:17"

panels:"""
WAIVER = """
waivers:
  - claim: {kind: alert, subject: HaikuStale}
    reason: proved in virtual time
    until: 2999-12-31
"""


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that is there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_left_uncompressed(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """It is inconclusive with the reason, beside an alert that was lived through; with a waiver, the run passes."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "mine")
    rules = folder / conventions.ALERT_RULES
    rules.write_text(rules.read_text(encoding="utf-8").rstrip() + RULE, encoding="utf-8")
    change(folder / conventions.CONTRACT_FILE, "\npanels:", ALERT)
    change(folder / conventions.DRILL_FILE, "alert: HaikuFailing", "alerts: [HaikuFailing, HaikuStale]")
    command = promdrill("run", "./mine", "--json", "v.json", "--evidence", "e")
    assert command.ended() == 3, command.said()
    note = f"HaikuStale is left uncompressed, and its alerts are proved in virtual time alone: {REASON}"
    assert note in command.said().partition("  start: ")[0]
    verdict = json.loads((tmp_path / "v.json").read_text(encoding="utf-8"))
    told = {one["subject"]: (one["status"], one["message"]) for one in verdict["results"] if one["kind"] == "alert"}
    lived = {life["alert"]: (life["factor"], life["proof"]) for life in verdict["alerts"]}
    assert (told["HaikuFailing"][0], told["HaikuStale"]) == (
        "passed",
        (
            "inconclusive",
            f"HaikuStale has no live proof: {REASON}, and no virtual proof: {BEYOND}",
        ),
    )
    assert lived == {"HaikuFailing": (60, ["live", "virtual"]), "HaikuStale": (1, [])}
    contract = tmp_path / "e" / "scenario" / conventions.CONTRACT_FILE
    contract.write_text(contract.read_text(encoding="utf-8") + WAIVER, encoding="utf-8")
    assert promdrill("replay", "e").ended() == 0
