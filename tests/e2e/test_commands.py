"""The other commands, and what a user is told when something is in the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from promdrill import conventions
from promdrill.checks import all_checks
from promdrill.cli import COMMANDS
from tests.e2e.command import PROMDRILL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e
SYSTEM = "content_creation_crew"


def test_list_names_each_bundled_system(promdrill: Callable[..., Command]) -> None:
    """`promdrill list` has a line for each system, with how much it promises."""
    command = promdrill("list")
    assert command.ended() == 0
    assert f"{SYSTEM}  23 metrics, 13 alerts, 125 claims" in command.said()


@pytest.mark.parametrize("slug", all_checks())
def test_explain_prints_the_page_of_a_check(promdrill: Callable[..., Command], slug: str) -> None:
    """`promdrill explain CHECK` prints its page as it stands in the documentation."""
    command = promdrill("explain", slug)
    assert command.ended() == 0
    assert command.said().strip() == (conventions.CHECK_PAGES / f"{slug}.md").read_text().strip()


def test_doctor_finds_what_a_run_needs(promdrill: Callable[..., Command]) -> None:
    """`promdrill doctor` ends with 0 where a run can be done, and shows versions."""
    command = promdrill("doctor")
    command.concludes(0)
    assert "alertmanager" in command.said()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nothing_of_that_name"), "there is no system 'nothing_of_that_name'"),
        (("run", SYSTEM, "--mutant", "nothing_of_that_name"), "there is no mutant 'nothing_of_that_name'"),
        (("explain", "nothing_of_that_name"), "there is no check 'nothing_of_that_name'"),
        (("replay", "nothing_of_that_name"), "is not the evidence of a finished run"),
    ],
)
def test_a_wrong_name_is_wrong_use(promdrill: Callable[..., Command], arguments: tuple[str, ...], said: str) -> None:
    """What does not exist is named, and ends with 2."""
    command = promdrill(*arguments)
    assert command.ended() == 2
    assert said in command.said()


def test_a_broken_contract_starts_nothing(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """Every mistake of a scenario is told at once, with file and line, before anything starts."""
    shutil.copytree(conventions.SCENARIOS / SYSTEM, tmp_path / "mine")
    shutil.copytree(conventions.PROMETHEUS / SYSTEM, tmp_path / "mine", dirs_exist_ok=True)
    contract = tmp_path / "mine" / "contract.yml"
    text = contract.read_text()
    text = text.replace("type: counter", "type: countre", 1).replace(
        "rate(tts_jobs_total[5m])'", "rate(tts_jobs_total[5m'"
    )
    contract.write_text(text + "colour: red\nsystem: again\n")
    (tmp_path / "mine" / "users.py").unlink()
    command = promdrill("run", "./mine", "--evidence", "e")
    assert command.ended() == 2
    said = command.said()
    assert "unknown key colour" in said
    assert "duplicate key system" in said
    assert "metrics.llm_calls_total.type" in said
    assert f"{contract}:{len(text.splitlines()) + 1}: " in said
    assert "problems found, so nothing was started:" in said
    assert not (tmp_path / "e").exists()


def test_a_fault_that_the_fakes_refuse_starts_nothing(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """Faults and latencies are tried on the fakes beforehand: what they refuse is told with its line."""
    shutil.copytree(conventions.SCENARIOS / SYSTEM, tmp_path / "mine")
    shutil.copytree(conventions.PROMETHEUS / SYSTEM, tmp_path / "mine", dirs_exist_ok=True)
    drill = tmp_path / "mine" / "drill.yml"
    lines = drill.read_text().replace("trigger: {every: 2}", "trigger: {evry: 2}").splitlines()
    drill.write_text("\n".join(lines))
    command = promdrill("run", "./mine", "--evidence", "e")
    assert command.ended() == 2
    number = next(number for number, line in enumerate(lines, 1) if "evry" in line)
    assert f"{drill}:{number}: faults.large_model_down.trigger.evry: Extra inputs are not permitted" in command.said()
    assert not (tmp_path / "e").exists()


def test_without_prometheus_the_ways_to_get_it_are_named(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A machine on which no Prometheus can be found could not look: exit 3, and what was tried."""
    (tmp_path / "bin").mkdir()
    environment = {
        "PATH": str(tmp_path / "bin"),
        "PROMDRILL_CACHE": str(tmp_path / "cache"),
        "PROMDRILL_OFFLINE": "1",
        **dict.fromkeys(("PROMDRILL_PROMETHEUS", "PROMDRILL_PROMTOOL", "PROMDRILL_ALERTMANAGER"), ""),
    }
    command = promdrill("run", SYSTEM, **environment)
    assert command.ended() == 3
    for way in ("explicit setting", "PATH", "cache", "official release", "package"):
        assert way in command.said()


def test_evidence_is_never_overwritten(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A folder that holds something is refused, and what it holds stays."""
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "dear.txt").write_text("dear")
    command = promdrill("run", SYSTEM, "--evidence", "e")
    assert command.ended() == 2
    assert "is not empty; evidence is never overwritten" in command.said()
    assert [path.name for path in (tmp_path / "e").iterdir()] == ["dear.txt"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_named(promdrill: Callable[..., Command], small_disk: Path) -> None:
    """Where evidence cannot be kept, the run does not begin: exit 3, with what is free and what is needed."""
    command = promdrill("run", SYSTEM, "--evidence", str(small_disk / "e"))
    assert command.ended() == 3
    assert "MiB are free there and a run needs 100" in command.said()


def test_unreadable_evidence_is_named(promdrill: Callable[..., Command], tmp_path: Path) -> None:
    """A run file that is not JSON ends with 2 and the file's name."""
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "run.json").write_text("{")
    command = promdrill("replay", "e")
    assert command.ended() == 2
    assert "e/run.json cannot be read" in command.said()


def test_a_report_that_cannot_be_written_is_named(promdrill: Callable[..., Command]) -> None:
    """A path in a folder that is not there ends with 2, before the run rather than after it."""
    command = promdrill("run", SYSTEM, "--short", "--json", "no/such/folder/v.json")
    assert command.ended() == 2
    assert "no/such/folder" in command.said()


def run_python(code: str, *arguments: str, **where: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - what subprocess takes
    """Run a piece of Python that ends as a command does."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], text=True, check=False, stderr=subprocess.PIPE, **where
    )


def test_a_mistake_of_our_own_is_no_broken_promise() -> None:
    """An exception that nobody foresaw ends with 3, asks to be reported, and shows where it was."""
    ended = run_python(
        "import promdrill.doctor, promdrill.cli; promdrill.doctor.doctor_report = None; promdrill.cli.main()", "doctor"
    )
    first, *_, last = ended.stderr.splitlines()
    assert (ended.returncode, first, last) == (
        3,
        """promdrill: promdrill itself failed: TypeError("'NoneType' object is not callable"), please report it""",
        "TypeError: 'NoneType' object is not callable",
    )


REPORT = """
import sys
from pathlib import Path
from promdrill.cli.verdict import report
from promdrill.model import Coverage, LoadSummary, Status, Verdict
verdict = Verdict("shop", Status(sys.argv[1]), 1.0, {}, (), (), Coverage(0, 0), LoadSummary(0, 0, 0.0))
report(verdict, json_file=Path("no/v.json"), junit=Path("v.xml"), markdown=Path("v.md"), verbose=False)
"""


@pytest.mark.parametrize(("status", "code"), [("passed", 2), ("failed", 1), ("inconclusive", 3)])
def test_a_report_that_fails_hides_nothing(tmp_path: Path, status: str, code: int) -> None:
    """Where a report cannot be written the others are; the verdict is printed and, if not passed, keeps its code."""
    ended = run_python(REPORT, status, cwd=tmp_path, stdout=subprocess.PIPE)
    assert ended.returncode == code
    assert status in ended.stdout.splitlines()[-1].lower()
    assert ended.stderr.startswith("promdrill: cannot write the report no/v.json: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.md", "v.xml"]


@pytest.mark.parametrize("status", ["failed", "inconclusive"])
def test_nobody_reads_the_verdict(tmp_path: Path, status: str) -> None:
    """A pipe that is closed at the other end neither costs a report nor hides the exit code."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:  # noqa: PTH123 - a descriptor, not a path
        ended = run_python(REPORT, status, cwd=tmp_path, stdout=pipe)
    assert ended.returncode == {"failed": 1, "inconclusive": 3}[status]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.md", "v.xml"]


def test_a_full_disk_under_the_verdict_hides_nothing(tmp_path: Path) -> None:
    """Where the verdict cannot be printed, that is said, and its exit code stays."""
    with Path("/dev/full").open("wb") as full:
        ended = run_python(REPORT, "failed", cwd=tmp_path, stdout=full)
    assert ended.returncode == 1
    assert "promdrill: cannot print the verdict: No space left on device" in ended.stderr


def test_nobody_reads_anything(tmp_path: Path) -> None:
    """With standard output and error closed at the other end, wrong use is still 2, not 1."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:  # noqa: PTH123 - a descriptor, not a path
        ended = subprocess.run([*PROMDRILL, "replay", "e"], cwd=tmp_path, stdout=pipe, stderr=pipe, check=False)
    assert ended.returncode == 2


def test_up_holds_the_stack_until_it_is_interrupted(promdrill: Callable[..., Command]) -> None:
    """`promdrill up` prints addresses that answer, the app's being the documented one; Ctrl-C ends it.

    A second one meanwhile says that the port is taken. (One test: two of them could not run at once.)
    """
    command = promdrill("up", SYSTEM)
    command.until_said("Ctrl-C ends everything")
    lines = [line.partition(" http") for line in command.said().splitlines() if " http" in line]
    addresses = {name.strip(): f"http{rest.split()[0]}" for name, _, rest in lines}
    bare = {name.strip() for name, _, rest in lines if rest.endswith("(this build has no page there, only its API)")}
    assert addresses["app"] == "http://127.0.0.1:8000"
    pages = {"Prometheus": "/-/ready", "Alertmanager": "/-/ready", "Locust": "/"}
    for name in ("its metrics", "metrics of the load", *pages):
        assert httpx.get(f"{addresses[name]}{pages.get(name, '')}", timeout=10).status_code == 200
    watching = {"Prometheus", "Alertmanager"}
    shown = {name for name in watching if httpx.get(addresses[name], timeout=10, follow_redirects=True).is_success}
    assert shown == watching - bare
    second = promdrill("up", SYSTEM)
    assert second.ended() == 3
    assert "port 8000, where the documents put content_creation_crew, is taken" in second.said()
    command.process.send_signal(signal.SIGINT)
    assert command.ended() == 130
    command.nothing_left()


def test_each_command_stands_in_the_readme() -> None:
    """A user finds every command where he looks first."""
    readme = (conventions.ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"promdrill {name}" not in readme and f"`{name}" not in readme] == []


def test_the_installed_command_is_the_module() -> None:
    """The console script runs the same commands as `python -m promdrill`."""
    script = Path(sys.executable).with_name("promdrill")
    shown = subprocess.run([script, "--help"], capture_output=True, text=True, check=True, env={**os.environ})
    assert "Fire drills for Prometheus metrics and alerts." in shown.stdout
