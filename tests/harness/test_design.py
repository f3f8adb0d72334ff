"""What the design promises of the code, held where no tool holds it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from promdrill import conventions
from promdrill.checks import all_checks
from promdrill.contract import bundled_systems

ROOT = conventions.ROOT
HARNESS = ROOT / "harness" / "promdrill"
TESTS = Path(__file__).parent
MODULES = sorted(path for folder in ("harness", "fake_services") for path in (ROOT / folder).rglob("*.py"))
LONGEST = 600
HEADINGS = ["What it promises", "Why it matters", "An example", "How to fix it"]
# In checks/ and not checks themselves.
NO_CHECKS = {"__init__", "plugins", "registry"}


def shown(paths: list[Path]) -> list[str]:
    """Return paths as they stand in the project."""
    return [str(path.relative_to(ROOT)) for path in paths]


def test_checks() -> None:
    """A check is three files of its name: a module, a page and a test; none of them is there without the others."""
    slugs = set(all_checks())
    assert {path.stem for path in (HARNESS / "checks").glob("*.py")} - NO_CHECKS == slugs
    assert {path.stem for path in conventions.CHECK_PAGES.glob("*.md")} == slugs
    assert {path.stem.removeprefix("test_") for path in (TESTS / "checks").glob("test_*.py")} == slugs


@pytest.mark.parametrize("slug", all_checks())
def test_page(slug: str) -> None:
    """A check's page has its name as title, the four headings, and something under each."""
    text = (conventions.CHECK_PAGES / f"{slug}.md").read_text(encoding="utf-8")
    title, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    assert title.strip() == f"# {slug}"
    assert [section.partition("\n")[0] for section in sections] == HEADINGS
    assert all(section.partition("\n")[2].strip() for section in sections)


def test_length() -> None:
    """No module has more than 600 lines."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert shown([path for path, length in lengths.items() if length > LONGEST]) == []


def test_names() -> None:
    """No module is named after nothing in particular."""
    assert shown([path for path in MODULES if path.stem in {"utils", "util", "helpers", "common", "misc"}]) == []


def test_sleeps_in_one_place() -> None:
    """In the harness only `wait.py` sleeps; the Locust process, which it cannot reach, has its own way to."""
    sleeping = {str(path.relative_to(HARNESS)) for path in HARNESS.rglob("*.py") if _sleeps(path)}
    locust = {f"load/{name}.py" for name in ("abort", "distributed", "locustfile", "pool", "sampler")}
    assert sleeping == {*locust, "wait.py"}


def test_tests_do_not_sleep() -> None:
    """No test sleeps: it waits for what it needs, by `promdrill.wait` or an event."""
    assert shown([path for path in sorted(TESTS.parent.rglob("*.py")) if _sleeps(path)]) == []


def _sleeps(path: Path) -> bool:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    # To sleep for no time at all is how a coroutine lets the others go on.
    named = {ast.unparse(call.func) for call in calls if [ast.unparse(given) for given in call.args] != ["0"]}
    return bool(named & {"sleep", "time.sleep", "asyncio.sleep", "gevent.sleep"})


@pytest.mark.parametrize("system", bundled_systems())
def test_system(system: str) -> None:
    """A bundled system has its document, its contract, its drill, its users and its rules."""
    scenario = conventions.SCENARIOS / system
    needed = [
        ROOT / "docs" / "systems" / f"{system}.md",
        scenario / conventions.CONTRACT_FILE,
        scenario / conventions.DRILL_FILE,
        scenario / conventions.USERS_FILE,
        conventions.PROMETHEUS / system / conventions.ALERT_RULES,
    ]
    assert shown([path for path in needed if not path.is_file()]) == []


@pytest.mark.parametrize("folder", ["harness", "fake_services", "scenarios", "prometheus", "docs"])
def test_no_path_of_a_machine(folder: str) -> None:
    """No file names a path of the machine that it was written on."""
    texts = [path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".md", ".yml", ".json", ".toml"}]
    pattern = re.compile(r"(?<![\w.])/(work|root|home/\w+)/")
    assert shown([path for path in texts if pattern.search(path.read_text(encoding="utf-8"))]) == []
