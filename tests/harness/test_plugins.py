"""Checks and fakes of other distributions, as the examples of docs/extending.md are: installed into a folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from promdrill import conventions
from promdrill.checks import all_checks, read_page
from promdrill.errors import EvidenceError, UsageError
from promdrill.judge import judge
from promdrill.model import Result, Status
from promdrill_fakes import catalogue
from tests.e2e.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from promdrill.evidence import Evidence

EXAMPLES = conventions.ROOT / "docs" / "examples"
HAIKU = EXAMPLES / "haiku"
CALLS = {"type": "counter", "labels": {}, "witness": {"ledger": "ollama"}, "source": "doc:1"}
CONTRACT: dict[str, Any] = {"metrics": {"calls_total": CALLS}}
RUNS: dict[str, dict[str, Any]] = {
    "run": {"last": "# TYPE calls_total counter\ncalls_total 3\n", "series": {"up": [1]}}
}


def install(example: str, folder: Path) -> Path:
    """Install an example with pip, and return the folder that is to be on the path."""
    shutil.copytree(EXAMPLES / example, folder / example)
    target = folder / "installed"
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", target]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, folder / example], check=True)
    return target


def plugin(folder: Path, name: str, group: str, entry: str, module: str = "") -> None:
    """Write a distribution as pip installs it: one module, and one entry point."""
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[{group}]\n{entry}\n")
    if module:
        (folder / f"{entry.partition(' = ')[2].partition(':')[0]}.py").write_text(module)


@pytest.fixture(scope="session")
def check_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example of a check."""
    return install("check-plugin", tmp_path_factory.mktemp("check"))


@pytest.fixture(scope="session")
def fake_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example of a fake."""
    return install("fake-plugin", tmp_path_factory.mktemp("fake"))


@pytest.fixture
def _fresh_catalogue() -> Iterator[None]:
    """Have the catalogue look for fakes anew, now and after the test."""
    caches = (catalogue.fakes, catalogue.services)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def run(code: str, *paths: Path, arguments: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Return how Python ended that runs code, or a module, with further folders on its path."""
    path = os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-P", *(["-c", code] if code else []), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def promdrill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return how the command ended, with a folder on its path."""
    return run("", folder, arguments=("-m", "promdrill", *arguments))


def test_a_check_is_found(
    check_plugin: Path, evidence_of: Callable[[str], Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check of another distribution gives results under its own slug, beside those of our own."""
    monkeypatch.syspath_prepend(check_plugin)
    found = [result for result in judge(evidence_of("run")).results if result.kind == "cardinality"]
    message = "calls_total has 1 series, no more than 100"
    source = found[0].source
    assert found == [Result("cardinality", "calls_total", Status.PASSED, message, {"series": 1}, source)]
    assert str(source) == "docs/shop.md:1"


def test_the_page(evidence_of: Callable[[str], Evidence]) -> None:
    """The check that docs/extending.md shows works, and the fake that it shows is the example's."""
    page = (conventions.ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    check, fake = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    found: dict[str, Any] = {}
    exec(check, found)  # noqa: S102 - our own page
    assert [(one.subject, one.status) for one in found["cardinality"](evidence_of("run"))] == [
        ("calls_total", Status.PASSED)
    ]
    assert fake in (EXAMPLES / "fake-plugin" / "promdrill_weather" / "__init__.py").read_text(encoding="utf-8")
    for entry, example in zip(re.findall(r"```toml\n(.*?)```", page, re.DOTALL), ("check", "fake"), strict=True):
        assert entry in (EXAMPLES / f"{example}-plugin" / "pyproject.toml").read_text(encoding="utf-8")


def test_a_check_is_explained(check_plugin: Path) -> None:
    """`promdrill explain` lists it with the first line of its docstring, and shows the page that it ships with."""
    listed = promdrill(check_plugin, "explain").stdout.splitlines()
    assert [line.split(maxsplit=1)[1] for line in listed if line.startswith("cardinality ")] == [
        "After the load, no documented metric has more than 100 series."
    ]
    page = (EXAMPLES / "check-plugin" / "promdrill_cardinality" / "cardinality.md").read_text()
    assert promdrill(check_plugin, "explain", "cardinality").stdout.strip() == page.strip()


def test_the_test_of_the_example_passes(check_plugin: Path) -> None:
    """The example's own test passes once the example is installed."""
    test = str(EXAMPLES / "check-plugin" / "test_cardinality.py")
    ended = run("", check_plugin, arguments=("-m", "pytest", "-q", "-p", "no:cacheprovider", test))
    assert ended.returncode == 0, ended.stdout


def test_a_docstring_is_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that ships no page is explained by its docstring."""
    plugin(
        tmp_path, "plug", "promdrill.checks", "empty = plug_doc:one", 'def one(_):\n    """Nothing is looked at."""\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert read_page("empty") == "# empty\n\nNothing is looked at.\n"


@pytest.mark.parametrize(
    ("module", "error"),
    [
        ("def one(evidence):\n    return 1 / 0\n", "ZeroDivisionError('division by zero')"),
        (
            "from promdrill import checks\ndef one(_):\n    yield checks.ResultsFor('metric', 'x').passed('x')\n",
            "ValueError(\"its results must have the kind 'odd', not 'metric'\")",
        ),
    ],
)
def test_a_check_that_fails_is_inconclusive(
    module: str,
    error: str,
    tmp_path: Path,
    evidence_of: Callable[[str], Evidence],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a plug-in raises makes its own check inconclusive, which names the plug-in; the others say what they saw."""
    folder = tmp_path / "plug"
    plugin(folder, "plug", "promdrill.checks", f"odd = plug_{len(module)}:one", module)
    monkeypatch.syspath_prepend(folder)
    results = judge(evidence_of("run")).results
    (odd,) = (result for result in results if result.kind == "odd")
    assert (odd.status, odd.message) == (
        Status.INCONCLUSIVE,
        f"the check odd of the plug-in plug failed: {error}",
    )
    assert "counter" in {result.kind for result in results}


def test_broken_evidence_is_not_the_plug_ins_fault(
    tmp_path: Path, evidence_of: Callable[[str], Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence that cannot be read ends a replay, whoever wanted to read it."""
    plugin(
        tmp_path, "plug", "promdrill.checks", "reads = plug_reads:one", "def one(given):\n    return given.helpers\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    evidence = evidence_of("run")
    (evidence.folder / "helpers.json").unlink(missing_ok=True)
    with pytest.raises(EvidenceError, match=r"helpers\.json cannot be read"):
        list(all_checks()["reads"](evidence))


def test_a_check_that_cannot_be_imported(tmp_path: Path) -> None:
    """It is named with its distribution, by every command that needs checks: exit code 2, before anything starts."""
    plugin(tmp_path, "plug", "promdrill.checks", "odd = plug_odd:one", "import no_such_module\n")
    for arguments in (["explain"], ["run", "content_creation_crew", "--short"]):
        ended = promdrill(tmp_path, *arguments, *(["--evidence", str(tmp_path / "e")] if arguments[1:] else []))
        message = (
            "promdrill: the check 'odd' of the plug-in plug (plug_odd:one) cannot be imported: "
            "ModuleNotFoundError(\"No module named 'no_such_module'\"); fix plug, or uninstall it"
        )
        assert (ended.returncode, ended.stderr.splitlines()[-1]) == (2, message)
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize(("slug", "owner"), [("counter", "promdrill"), ("twice", "first")])
def test_a_slug_twice(slug: str, owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two checks of one slug are refused, with those that bring them."""
    for name in ("first", "second"):
        plugin(tmp_path / name, name, "promdrill.checks", f"{slug} = json:loads")
    for name in ("second", "first"):
        monkeypatch.syspath_prepend(tmp_path / name)
    with pytest.raises(UsageError, match=f"two checks are called '{slug}': one of {owner}, one of (first|second);"):
        all_checks()


def test_a_fake_is_served(fake_plugin: Path, tmp_path: Path) -> None:
    """`promdrill fake` serves a fake of another distribution: configured, faulted, journalled as any other."""
    command = Command(["fake", "weather", "--json"], tmp_path, {"PYTHONPATH": python_path(fake_plugin)})
    try:
        command.until_said("\n")
        told = json.loads(command.said())
        url = told["urls"]["weather"]
        assert told["environment"] == {"WEATHER_URL": url, "PROMDRILL_CONTROL": told["urls"]["control"]}
        with httpx.Client(base_url=told["urls"]["control"]) as control:
            control.patch("/config", json={"weather": {"cities": {"Rome": 21.5}}}).raise_for_status()
            fault = {"service": "weather", "match": {"city": "Paris"}, "effect": {"status": 503, "message": "rain"}}
            control.put("/faults/rain", json=fault).raise_for_status()
            assert [httpx.get(f"{url}/weather/{city}").json() for city in ("Rome", "Oslo", "Paris")] == [
                {"degrees": 21.5},
                {"error": "no weather today"},
                {"error": "rain"},
            ]
            counts = control.get("/ledger").json()["counts"]
        assert [(one["city"], one["outcome"], one["fault"]) for one in counts] == [
            ("Rome", "ok", None),
            ("Oslo", "error", None),
            ("Paris", "error", "rain"),
        ]
    finally:
        command.kill()


def python_path(folder: Path) -> str:
    """Return the path of modules with a folder before the others."""
    return os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))


def haiku(folder: Path, serve: str) -> Path:
    """Return a copy of the example whose drill serves other fakes."""
    shutil.copytree(HAIKU, folder / "haiku")
    drill = folder / "haiku" / "drill.yml"
    text = drill.read_text()
    assert "serve: [ollama]" in text
    drill.write_text(text.replace("serve: [ollama]", f"serve: {serve}"))
    return folder / "haiku"


LOAD = """
import sys
from pathlib import Path
from promdrill.contract import load_scenario
print(*load_scenario(Path(sys.argv[1])).drill.fakes.serve)
"""


def test_a_scenario_serves_it(fake_plugin: Path, tmp_path: Path) -> None:
    """`fakes.serve` takes it; a name that nobody has is refused with all that there are, at its file and line."""
    served = run(LOAD, fake_plugin, arguments=(str(haiku(tmp_path, "[ollama, weather]")),))
    assert served.stdout == "ollama weather\n", served.stderr
    refused = run(LOAD, fake_plugin, arguments=(str(haiku(tmp_path / "other", "[ollama, nope]")),))
    assert re.search(r"drill\.yml:\d+: fakes\.serve\.1: Input .* 'gtts', 's3' or 'weather', not 'nope'", refused.stderr)


def test_its_fixture(fake_plugin: Path, tmp_path: Path) -> None:
    """In pytest, `promdrill_fakes.fake` gives it."""
    (tmp_path / "test_weather.py").write_text(
        "import httpx\n"
        "def test_weather(promdrill_fakes):\n"
        "    weather = promdrill_fakes.fake('weather')\n"
        "    weather.put_fault('rain', {'status': 503}, match={'city': 'Oslo'})\n"
        "    assert httpx.get(weather.environment['WEATHER_URL'] + '/weather/Oslo').status_code == 503\n"
        "    assert [row['fault'] for row in weather.journal(city='Oslo')] == ['rain']\n"
    )
    ended = run("", fake_plugin, arguments=("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)))
    assert ended.returncode == 0, ended.stdout


@pytest.mark.usefixtures("_fresh_catalogue")
@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            "import no_such_module",
            r"the fakes of plug \(odd = {module}:FAKES\) cannot be imported: ModuleNotFoundError",
        ),
        ("from promdrill_fakes.s3 import FAKES", "two distributions bring a fake 's3': promdrill and plug"),
        (
            "import dataclasses, promdrill_fakes.s3 as s3\nFAKES = [dataclasses.replace(s3.FAKES[0], name='app')]",
            "plug brings a fake 'app': the name is reserved, or is no identifier",
        ),
    ],
)
def test_a_fake_that_cannot_be(module: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake that cannot be imported, or whose name is taken or reserved, is refused with its distribution."""
    name = f"plug_fake_{len(module)}"
    plugin(tmp_path, "plug", "promdrill.fakes", f"odd = {name}:FAKES", module)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(catalogue.CatalogueError, match=message.replace("{module}", name)):
        catalogue.fakes()
    ended = promdrill(tmp_path, "fake", "s3")
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
