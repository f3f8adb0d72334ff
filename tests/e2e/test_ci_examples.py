"""The steps of the workflow for GitHub, run as they stand on the example of a system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from junitparser import JUnitXml

from promdrill import conventions

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = conventions.ROOT / "docs" / "examples"
STEPS = yaml.safe_load((EXAMPLES / "ci" / "github.yml").read_text())["jobs"]["drill"]["steps"]
# In short, so that it takes seconds.
PROMDRILL = f'#!/bin/sh\nexec {sys.executable} -m promdrill "$@" --short\n'


@pytest.mark.e2e
@pytest.mark.parametrize(("counted", "code"), [("haiku.eval_count", 0), ("len(haiku.response) / 4", 1)])
def test_published(tmp_path: Path, counted: str, code: int) -> None:
    """A drill ends with its exit code; the summary is shown, and JUnit and evidence are there, kept promises or not."""
    shutil.copytree(EXAMPLES / "haiku", tmp_path / "monitoring")
    app = tmp_path / "monitoring" / "app.py"
    app.write_text(app.read_text().replace("inc(haiku.eval_count)", f"inc({counted})"))
    (tmp_path / "promdrill").write_text(PROMDRILL)
    (tmp_path / "promdrill").chmod(0o755)
    summary = tmp_path / "shown.md"
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)}

    def step(name: str) -> int:
        found: dict[str, Any] = next(one for one in STEPS if one.get("name") == name)
        script = tmp_path / f"{name}.sh"
        script.write_text(found["run"])
        # As GitHub runs it.
        return subprocess.run(["bash", "-e", script], cwd=tmp_path, env=environment, check=False).returncode

    assert (step("Drill"), step("Summary")) == (code, 0)
    written = tmp_path / "drill"
    assert summary.read_text() == (written / "summary.md").read_text()
    assert JUnitXml.fromfile(str(written / "junit.xml")).failures == code
    again = [sys.executable, "-m", "promdrill", "replay", str(written / "evidence")]
    assert subprocess.run(again, check=False, capture_output=True).returncode == code


def test_nothing_to_show(tmp_path: Path) -> None:
    """Where the drill wrote no summary, none is shown, and that is no further failure."""
    script = next(step["run"] for step in STEPS if step.get("name") == "Summary")
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []
