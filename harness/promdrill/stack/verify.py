"""What only the tools themselves can say of a scenario: asked before anything starts."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from typing import TYPE_CHECKING

from promdrill import conventions, extras
from promdrill.errors import ContractError, Problem, StackError
from promdrill.stack import binaries
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.yamlfile import YamlFile

SECONDS = 30.0
NO_PORT = 99999
# What Alertmanager says of a configuration that it does not take.
UNREAD = re.compile(r"level=error\b.*configuration file", re.IGNORECASE)


def verify(scenario: Scenario, announce: Callable[[str], None]) -> None:
    """Have the fakes read the configuration and every fault of a drill, and the tools what they are to read.

    Nothing is started. `announce` is told, a line at a time, what is being fetched.

    Raises:
        ContractError: they refuse some of it; holds every problem, each with file and line.
        StackError: one of them cannot be asked.
        UsageError: a library that the drill needs is not installed.
    """
    if scenario.folder.resolve().parent == conventions.SCENARIOS:
        extras.require(extras.EXAMPLES, f"the app of the bundled system {scenario.folder.name}")
    extras.require(extras.RUN, "a stack")
    config = scenario.prometheus_config
    promtool = str(binaries.find("promtool", announce=announce).path) if config or scenario.rule_files else ""
    problems = [
        *_fakes_refuse(scenario),
        *promtool_refuses(scenario.rule_files, promtool),
        *(_config_problems(config, promtool) if config else ()),
        *(alertmanager_refuses(scenario.routing.path, announce) if scenario.routing.own else ()),
    ]
    if problems:
        raise ContractError(tuple(sorted(problems, key=lambda problem: (problem.file, problem.line))))


def _fakes_refuse(scenario: Scenario) -> Iterator[Problem]:
    drill, file = scenario.drill, scenario.drill_file
    config = {**drill.fakes.config, "faults": {**drill.fakes.config.get("faults", {}), **drill.fake_faults}}
    # A date, which YAML has and JSON has not, is text to the fakes.
    code, answer, complaint = _run_tool(
        [*conventions.PYTHON, "-m", "promdrill_fakes.check"], json.dumps(config, default=str)
    )
    if code:
        raise StackError(f"the fakes could not read the drill: {_last_line(complaint)}")
    for refusal in json.loads(answer):
        place = tuple(refusal["path"].split("."))
        drills_own = place[0] == "faults" and place[1:2] and place[1] in drill.faults
        line = file.line(place if drills_own else ("fakes", "config", *place))
        yield Problem(file.name, line, f"{refusal['path']}: {refusal['message']}")


def _display_path(path: Path) -> str:
    """Return a path as a user would write it; promtool, which runs at the project's root, repeats it."""
    return str(path.relative_to(conventions.ROOT) if path.is_relative_to(conventions.ROOT) else path)


def _config_problems(path: Path, promtool: str) -> Iterator[Problem]:
    name = _display_path(path)
    if not path.is_file():
        yield Problem(name, 1, "not found: it is the `config` of the contract's scrape address")
        return
    code, _, complaint = _run_tool([promtool, "check", "config", name])
    if code:
        words = " ".join((complaint.partition("FAILED:")[2] or complaint).split())
        line = re.search(r"\bline (\d+)", words)
        yield Problem(name, int(line[1]) if line else 1, f"promtool: {words}")


def alertmanager_refuses(path: Path, announce: Callable[[str], None]) -> Iterator[Problem]:
    """Yield what Alertmanager itself refuses in a configuration.

    It reads that before it listens, and there is no port of this number: so it ends in either case.
    """
    binary = str(binaries.find("alertmanager", announce=announce).path)
    name = _display_path(path)
    with tempfile.TemporaryDirectory(prefix="promdrill-") as storage:
        command = [binary, f"--config.file={path}", f"--storage.path={storage}", "--cluster.listen-address="]
        _, said, complaint = _run_tool([*command, f"--web.listen-address={conventions.LOOPBACK}:{NO_PORT}"])
    refusals = [line for line in f"{said}\n{complaint}".splitlines() if UNREAD.search(line)]
    for refusal in refusals:
        # Lines are in the form of logfmt: err="…".
        error = re.search(r'\berr="((?:\\.|[^"\\])*)"|\berr=(\S+)', refusal)
        words = " ".join((error[1] or error[2] if error else refusal).replace('\\"', '"').replace("\\n", " ").split())
        line = re.search(r"\bline (\d+)", words)
        yield Problem(name, int(line[1]) if line else 1, f"Alertmanager: {words}")
    if not refusals and str(NO_PORT) not in said + complaint:
        raise StackError(f"Alertmanager could not check {name}: {_last_line(complaint or said)}")


def promtool_refuses(paths: Sequence[Path], promtool: str) -> Iterator[Problem]:
    """Yield what promtool refuses in rule files, each with its line."""
    for path in paths:
        name = _display_path(path)
        code, _, complaint = _run_tool([promtool, "check", "rules", "--lint=none", name])
        if not code:
            continue
        # Each begins with the file's name; what does not goes on with the one before.
        _, *refusals = re.split(rf"^{re.escape(name)}: ", complaint, flags=re.MULTILINE)
        if not refusals:
            raise StackError(f"promtool could not check {name}: {_last_line(complaint)}")
        file = read_yaml(path, name)
        for refusal in dict.fromkeys(refusals):
            _, position, words = re.split(r"^(\d+:\d+: )?", refusal, maxsplit=1)
            line = int((position or "0").partition(":")[0]) or _line(words, file)
            yield Problem(name, line, f"promtool: {words.strip()}")


def _line(words: str, file: YamlFile) -> int:
    """Return the line of the rule that promtool names by its group and its place there, from 1."""
    if named := re.search(r'group "(.+?)", rule (\d+)', words):
        for index, group in enumerate(file.data["groups"]):
            if group.get("name") == named[1]:
                return file.line(("groups", index, "rules", int(named[2]) - 1))
    return 1


def _run_tool(command: Sequence[str], text: str = "") -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of a tool that is given this text."""
    try:
        ended = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, timeout=SECONDS, cwd=conventions.ROOT
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"{' '.join(command)}: no answer within {SECONDS:g} s") from None
    return ended.returncode, ended.stdout, ended.stderr


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it wrote nothing"])[-1]
