"""What CI runs, with a `make`, an engine and ways to fetch Prometheus and Compose of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions

if TYPE_CHECKING:
    from pathlib import Path

# Has what is asked for unless it is the suite named in MISSING; "own" stands for the distribution's own.
FETCH = """\
[ "${2:-own}" != "$MISSING" ] || exit 1
mkdir -p "$1"
for name in prometheus alertmanager; do printf '#!/bin/sh\\necho %s 1' "$name" >"$1/$name"; chmod +x "$1/$name"; done
"""
COMPOSE = """\
[ "$MISSING" != compose ] || exit 1
mkdir -p "$1"
for name in v1 v2; do printf '#!/bin/sh\\necho %s' "$name" >"$1/$name"; chmod +x "$1/$name"; done
"""

CONTAINER = '[ "$MISSING" != docker ]'


@pytest.mark.parametrize(
    ("missing", "made", "code"),
    [("", 0, 0), ("forky", 0, 3), ("own", 0, 3), ("docker", 0, 3), ("compose", 0, 3), ("", 2, 2), ("forky", 2, 2)],
)
def test_not_tested_is_not_green(tmp_path: Path, missing: str, made: int, code: int) -> None:
    """CI is green only if the tests passed on all versions, with containers; else its last line says what was not."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(conventions.ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    scripts = {"fetch-prometheus": FETCH, "fetch-compose": COMPOSE, "container-base": CONTAINER}
    for name, text in {**scripts, "wheelhouse": "", "monitoring-images": ""}.items():
        (tmp_path / ".ci" / name).write_text(text)
    (tmp_path / "bin").mkdir()
    for name, text in (("make", f"echo made\nexit {made}"), ("docker", "echo 1")):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", ".ci/run"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": path, "XDG_CACHE_HOME": str(tmp_path / "cache"), "MISSING": missing},
    )  # fmt: skip
    assert (ended.returncode, "made\n" in ended.stdout) == (code, True)
    assert ("NOT TESTED" in ended.stderr) == bool(missing)
