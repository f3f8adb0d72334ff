"""What the doctor says of machines that have, and have not, what a run needs."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from platform import python_version
from typing import TYPE_CHECKING

import pytest

from promdrill.doctor import Availability, Finding, diagnose, doctor_report, render
from promdrill.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

VERSIONS = {"prometheus": "3.5.3", "promtool": "3.5.3", "alertmanager": "0.33.1"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment of a machine that has Prometheus and Alertmanager on PATH, and no network."""
    for name, version in VERSIONS.items():
        put_executable(tmp_path, name, version)
    return {"PATH": str(tmp_path), "PROMDRILL_CACHE": str(tmp_path / "cache"), "PROMDRILL_OFFLINE": "1"}


def put_executable(folder: Path, name: str, version: str) -> None:
    """Write an executable that answers --version as Prometheus's own do."""
    (folder / name).write_text(f"#!/bin/sh\necho '{name}, version {version} (branch: HEAD, revision: 1a2b3c)'\n")
    (folder / name).chmod(0o755)


def named(name: str, findings: tuple[Finding, ...]) -> Finding:
    """Return the finding of that name."""
    [finding] = [finding for finding in findings if finding.name == name]
    return finding


def test_everything_is_there(tmp_path: Path, env: dict[str, str]) -> None:
    """A machine that has all that a run needs is told so, with versions and where they come from."""
    needed = [finding for finding in diagnose(env=env) if finding.needed and finding.name != "disk space"]
    assert needed == [
        Finding("prometheus", Availability.FOUND, "3.5.3", "PATH", str(tmp_path / "prometheus")),
        Finding("promtool", Availability.FOUND, "3.5.3", "beside prometheus", str(tmp_path / "promtool")),
        Finding("alertmanager", Availability.FOUND, "0.33.1", "PATH", str(tmp_path / "alertmanager")),
        Finding("python", Availability.FOUND, python_version(), path=sys.executable),
        Finding("locust", Availability.FOUND, metadata.version("locust"), "this Python"),
        Finding("loopback ports", Availability.FOUND),
    ]


def test_ready(env: dict[str, str]) -> None:
    """The report of a machine that can do a run ends with exit code 0, and in JSON names all that was looked for."""
    text, code = doctor_report(as_json=True, env=env)
    seen = json.loads(text)
    named_as = [finding["name"] for finding in seen.pop("findings")]
    assert (seen, named_as, code) == (
        {"schema": 1, "ready": True},
        ["prometheus", "promtool", "alertmanager", "python", "locust", "disk space", "loopback ports", "docker"],
        Exit.PASSED,
    )


def test_not_ready(tmp_path: Path, env: dict[str, str]) -> None:
    """The report of a machine that lacks Prometheus ends with exit code 3 and says what to do."""
    (tmp_path / "prometheus").unlink()
    text, code = doctor_report(env=env)
    assert code is Exit.INCONCLUSIVE
    assert "\n\nprometheus: No prometheus of version 2.42 or later was found." in text


def test_too_old(tmp_path: Path, env: dict[str, str]) -> None:
    """A version that is not supported is told apart from one that is missing."""
    put_executable(tmp_path, "alertmanager", "0.24.0")
    found = named("alertmanager", diagnose(env=env))
    assert (found.state, found.version, found.path) == (Availability.TOO_OLD, "0.24.0", str(tmp_path / "alertmanager"))


def test_wrong_setting(env: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """A setting that leads nowhere is a finding, not an error of the doctor's."""
    found = named("prometheus", diagnose(env=env | {"PROMDRILL_PROMETHEUS": "/nowhere"}))
    assert found == Finding("prometheus", Availability.MISSING, remedy=found.remedy)
    assert found.remedy == snapshot


def test_text(snapshot: SnapshotAssertion) -> None:
    """The text is a table, with what to do below it."""
    findings = (
        Finding("prometheus", Availability.FOUND, "3.5.3", "PATH", "/usr/bin/prometheus"),
        Finding("promtool", Availability.MISSING, remedy="Install it."),
        Finding("docker", Availability.MISSING, needed=False),
    )
    assert render(findings) == snapshot
