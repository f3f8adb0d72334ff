"""The wheel in clean environments: what the core can do alone, and that nothing of a user's is in the way."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.stack.cache import keep
from promdrill.stack.image_build import _context
from tests.e2e.command import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.e2e

VERSIONS = ("3.11", "3.12", "3.13")
EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"
BYTES = 60_000_000
CORE = {
    *("click", "grafana-foundation-sdk", "hdrhistogram", "httpx", "junitparser", "prometheus-client", "promql-parser"),
    *("psutil", "pydantic", "pyyaml", "rich"),
}
# Prints which libraries the environment needs directly, and how large all of them are.
LOOK = """
import json, re
from importlib import metadata
own = metadata.requires("promdrill")
direct = sorted(re.match(r"[\\w.-]+", one)[0] for one in own if "extra ==" not in one)
files = [file for one in metadata.distributions() for file in one.files or ()]
print(json.dumps([direct, sum(file.size or 0 for file in files)]))
"""
CONTEXT = (
    "import json; from promdrill.stack.image_build import _context; print(json.dumps([name for name, _ in _context()]))"
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment, as one that its user has activated; nothing of this checkout is on its path."""

    folder: Path

    def run(self, *command: str, within: Path) -> subprocess.CompletedProcess[str]:
        """Run a command of it in a folder."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        activated = {**outside, "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        program = str(self.folder / "bin" / command[0])
        return subprocess.run(
            [program, *command[1:]], cwd=within, env=activated, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip


def interpreter(version: str) -> str | None:
    """Return the Python of a version that this machine has, on PATH or by pyenv, or nothing."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"versions/{version}.*/bin/python"))]
    for path in filter(None, found):
        # pyenv's own stand-ins can be on PATH, and lead nowhere.
        asked = subprocess.run([path, "-c", "import venv, sys; print(sys.version)"], capture_output=True, check=False)
        if asked.returncode == 0:
            return path
    return None


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all test processes of this session have together."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def wheel(shared: Path) -> Path:
    """Return the wheel of this checkout, built once."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]

    def fill(folder: Path) -> None:
        subprocess.run([*build, str(folder), str(conventions.ROOT)], check=True, capture_output=True)

    (wheel,) = keep(shared / "wheel", fill).glob("*.whl")
    return wheel


def installed(folder: Path, python: str, requirements: Sequence[str]) -> Environment:
    """Return an environment in a new folder that has these requirements, and no pip."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True, capture_output=True)
    install = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    ended = subprocess.run([*install, "--no-compile", *requirements], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return Environment(folder)


@pytest.fixture(scope="session")
def everything(wheel: Path, shared: Path) -> Environment:
    """Return an environment with `promdrill[all]`, pytest and mypy, of the latest Python that is here; made once."""
    latest = [python for version in VERSIONS if (python := interpreter(version))][-1]
    folder = shared / "everything"

    def fill(_: Path) -> None:
        installed(folder, latest, [f"{wheel}[all]", "pytest", "mypy"])

    # What is kept only tells that the environment beside it is whole: its scripts name the folder where they were made.
    keep(shared / "made", fill)
    return Environment(folder)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_core(wheel: Path, tmp_path: Path, version: str) -> None:
    """The core alone, beside the latest click, is small, proves alerts, and says what the other commands lack."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    core = installed(tmp_path / "core", python, [str(wheel), "click>=8.2"])
    empty = tmp_path / "empty"
    empty.mkdir()
    direct, size = json.loads(core.run("python", "-c", LOOK, within=empty).stdout)
    assert (set(direct), size < BYTES) == (CORE, True)
    proved = core.run("promdrill", "alerts", str(EXAMPLE / "alert.rules.yml"), within=empty)
    assert (proved.returncode, proved.stdout[:20]) == (0, "proved  HaikuFailing"), proved.stderr
    listed = core.run("promdrill", "list", within=empty)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 4), listed.stderr
    lacking = {
        ("run", "content_creation_crew"): "examples",
        ("up", "content_creation_crew"): "examples",
        ("load", str(EXAMPLE)): "run",
        ("run", str(EXAMPLE)): "run",
        ("fake", "s3"): "run",
    }
    for command, extra in lacking.items():
        ended = core.run("promdrill", *command, within=empty)
        assert (ended.returncode, ended.stderr.rpartition(": ")[2]) == (2, f"pip install 'promdrill[{extra}]'\n")
    assert list(empty.iterdir()) == []


def test_a_bundled_system(everything: Environment, tmp_path: Path) -> None:
    """With all extras, a bundled system is drilled in an empty folder, and the image is built of the same files."""
    ended = everything.run("promdrill", "run", "content_creation_crew", "--short", "--json", "v.json", within=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(everything.run("python", "-c", CONTEXT, within=tmp_path).stdout)
    assert sorted(found) == sorted(name for name, _ in _context())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose own packages and modules have the names of others, with an app to drill."""
    project = shutil.copytree(EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("*test*", "__pycache__"))
    # The app is the user's own business: it lies where these are not.
    (project / "service").mkdir()
    (project / "app.py").rename(project / "service" / "app.py")
    drill = project / "drill.yml"
    drill.write_text(drill.read_text().replace("app.py]", "service/app.py]"))
    for package in ("harness", "fake_services"):
        (project / package).mkdir()
        (project / package / "__init__.py").write_text("ANSWER = 42\n")
    for name in ("types", "random", "statistics", "pool", "promdrill_like"):
        (project / f"{name}.py").write_text(f"raise RuntimeError('{name} of the project')\n")
    (project / "readers.py").write_text("MODELS = ('llama3.2:1b', 'mistral:7b')\n")
    with (project / "users.py").open("a") as users:
        users.write("\n\nfrom readers import MODELS\n\nassert len(MODELS) == 2\n")
    return project


def test_own_names(everything: Environment, project: Path) -> None:
    """A project with packages and modules of any name is drilled, and what lies beside its users.py is found."""
    ended = everything.run("promdrill", "run", ".", "--short", within=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_pytest_in_a_project(everything: Environment, project: Path) -> None:
    """The plugin loads, and its fixtures work, in a project that has a package `harness`."""
    (project / "test_own.py").write_text(
        "from harness import ANSWER\n\n\ndef test_own(fake_s3):\n    assert (ANSWER, fake_s3.journal()) == (42, [])\n"
    )
    # With the project's folder on the path, pytest itself would not start beside these.
    for name in ("types", "random", "statistics"):
        (project / f"{name}.py").unlink()
    ended = everything.run("python", "-m", "pytest", "-q", "test_own.py", within=project)
    assert (ended.returncode, ended.stdout.splitlines()[-1][:8]) == (0, "1 passed"), ended.stdout + ended.stderr


REVEALED = """
from promdrill.load import Case, DrillUser
from promdrill.testing import Fake, Ledger, MetricsClient, expect
from promdrill_fakes.client import Client


def test_own(fake_s3: Fake, promdrill_prometheus: MetricsClient, promdrill_ledger: Ledger) -> None:
    reveal_type(expect(promdrill_prometheus).counter("x_total"))
    reveal_type(fake_s3.journal())
    reveal_type(promdrill_ledger.count("s3"))
    reveal_type(DrillUser.cases)
    reveal_type(Client("http://localhost").metrics())
"""


def test_types(everything: Environment, tmp_path: Path) -> None:
    """Mypy sees the types of a user's tests: the package says that it has some."""
    (tmp_path / "test_own.py").write_text(REVEALED)
    ended = everything.run("mypy", "--strict", "test_own.py", within=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert re.findall(r'Revealed type is "(.*)"', ended.stdout) == [
        "promdrill.testing.series.Counter",
        "list[dict[str, Any]]",
        "int",
        "typing.Sequence[dict[str, Any]]",
        "str",
    ]
