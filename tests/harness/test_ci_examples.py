"""The workflows for CI systems: valid by these systems' own schemas, and of one mind with the command that they run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from promdrill import __version__, conventions
from promdrill.cli.run import command

EXAMPLES = conventions.ROOT / "docs" / "examples" / "ci"
SCHEMAS = {"github.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}
GITHUB: dict[str, Any] = yaml.safe_load((EXAMPLES / "github.yml").read_text())
GITLAB: dict[str, Any] = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())
STEPS: list[dict[str, Any]] = GITHUB["jobs"]["drill"]["steps"]
# What drills, of each system: the folder of the reports is made first.
DRILLS = {
    "github.yml": next(step["run"] for step in STEPS if step.get("name") == "Drill"),
    "gitlab-ci.yml": "\n".join(GITLAB["drill"]["script"]),
}


def check(name: str, path: Path) -> int:
    """Return how checking a file against the schema of an example's CI system ended."""
    ran = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name], str(path)]
    return subprocess.run(ran, check=False, capture_output=True).returncode


@pytest.mark.parametrize("name", SCHEMAS)
def test_valid(name: str, tmp_path: Path) -> None:
    """Each is what its CI system takes; one with a key misspelt is not."""
    assert check(name, EXAMPLES / name) == 0
    (tmp_path / name).write_text((EXAMPLES / name).read_text().replace("timeout", "time_out"))
    assert check(name, tmp_path / name) == 1


@pytest.mark.parametrize("name", DRILLS)
def test_options(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command takes the options that it is given, and all that is published is written by it."""
    made, folder, program, subcommand, *arguments = shlex.split(DRILLS[name])
    assert (made, folder, program, subcommand) == ("mkdir", "drill", "promdrill", command.name)
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    given = command.make_context("run", arguments).params
    reports = {str(given[option]) for option in ("junit", "markdown", "json_file", "evidence")}
    text = (EXAMPLES / name).read_text()
    published = set(re.findall(r"\bdrill/[\w.]+", text)) - {"drill/evidence"}
    assert published < reports
    assert {Path(report).parts[0] for report in reports} == {"drill"}


@pytest.mark.parametrize("name", DRILLS)
def test_version(name: str) -> None:
    """What is installed is one version, this one."""
    named = re.findall(r"promdrill(?:==|-)([\d.]+\d)", (EXAMPLES / name).read_text())
    assert set(named) == {__version__}


def test_pinned() -> None:
    """Each action is one commit, with the version that it is beside it."""
    lines = [line for line in (EXAMPLES / "github.yml").read_text().splitlines() if "uses:" in line]
    assert len(lines) == len([step for step in STEPS if "uses" in step])
    assert [
        line for line in lines if not re.search(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
    ] == []


def test_least_permissions() -> None:
    """The workflow reads the repository and no more, leaves no credentials behind, and ends what is moot."""
    assert GITHUB["permissions"] == {"contents": "read"}
    assert "permissions" not in GITHUB["jobs"]["drill"]
    assert STEPS[0]["with"] == {"persist-credentials": False}
    assert GITHUB["concurrency"]["cancel-in-progress"] is True
    # YAML 1.1 takes the key `on` for true.
    assert "pull_request" in GITHUB[True]  # type: ignore[index]


def test_a_failed_drill_is_published_too() -> None:
    """Whatever comes after the drill runs whatever came of it, and hides nothing of it."""
    after = STEPS[next(at for at, step in enumerate(STEPS) if step.get("name") == "Drill") + 1 :]
    assert [step["name"] for step in after] == ["Summary", "JUnit", "Evidence"]
    assert {step["if"] for step in after} == {"always()"}
    assert not any("continue-on-error" in step for step in STEPS)
    assert (GITLAB["drill"]["artifacts"]["when"], "allow_failure" in GITLAB["drill"]) == ("always", False)
