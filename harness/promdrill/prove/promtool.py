"""Asks promtool what rules and queries give on an input: a test that expects nothing says what it got instead."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from promdrill.durations import notation
from promdrill.errors import StackError
from promdrill.prove.case import Case, test_data
from promdrill.prove.errors import OutOfReachError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 60.0
TEXT = r'"(?:\\.|[^"\\])*"'
GOT = re.compile(rf"^ +expr: ({TEXT}), time: \S+?, *\n +exp: ?.*\n +got: ?(.*)$", re.MULTILINE)
FAILED = re.compile(rf"^ +expr: ({TEXT}), time: \S+?, err: (.*)$", re.MULTILINE)
RULE = re.compile(r"^ *(?:rule: .*?, time: \S+, )?err: (.*)$", re.MULTILINE)
SAMPLE = re.compile(rf"(\{{(?:[^\"}}]|{TEXT})*\}}) ([-+\w.]+)(?=, |$)")
ALERT = re.compile(r"^ +name: (\S+),\n +alertname: .*?got:\[(.*?)\n {12}\]", re.MULTILINE | re.DOTALL)
INSTANCE = re.compile(r"Labels:\{(.*)\}\s*\n\s*Annotations:\{(.*)\}")
PAIR = re.compile(rf"([\w:]+|{TEXT})=({TEXT})")


@dataclass(frozen=True)
class Sample:
    """One series of an answer: its labels, the name among them, and its value."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Fired:
    """One alert as a receiver gets it."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass
class Observation:
    """What promtool got in one case: the answer to each query or its failure, the alert, which rules failed."""

    answers: dict[int, tuple[Sample, ...]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    fired: tuple[Fired, ...] = ()
    rules_failed: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """What could not be evaluated."""
        return (*self.failed.values(), *self.rules_failed)

    def part(self, queries: range) -> Observation:
        """Return what it got of some queries alone, which are then counted from 0."""
        answers = {query - queries.start: self.answers[query] for query in queries if query in self.answers}
        failed = {query - queries.start: self.failed[query] for query in queries if query in self.failed}
        return Observation(answers, failed, rules_failed=self.rules_failed)

    def values(self, query: int) -> list[float]:
        """Return the values of an answer; none where it was empty."""
        return [sample.value for sample in self.answers.get(query, ())]


@dataclass(frozen=True)
class Promtool:
    """A promtool, and how often it was asked."""

    path: Path

    def observe(
        self, rules: Mapping[str, Any], cases: Sequence[Case], interval: float, sample: float
    ) -> tuple[Observation, ...]:
        """Return what rules and queries give in each case.

        Raises:
            OutOfReachError: promtool does not answer in time, or not about these tests.
        """
        tests = [test_data(case, f"case{index}", sample) for index, case in enumerate(cases)]
        data = {
            "rule_files": ["rules.yml"],
            "evaluation_interval": notation(interval),
            "group_eval_order": [group["name"] for group in rules["groups"]],
            "tests": tests,
        }
        with tempfile.TemporaryDirectory(prefix="promdrill-alerts-") as folder:
            for name, content in (("rules.yml", rules), ("tests.yml", data)):
                text = yaml.dump(content, Dumper=Dumper, sort_keys=False, width=4000, allow_unicode=True)
                (Path(folder) / name).write_text(text, encoding="utf-8")
            code, said = self.test(Path(folder), ["tests.yml"])
        observed = tuple(Observation() for _ in cases)
        understood = _parse(said, observed)
        if code and not understood:
            raise OutOfReachError(f"promtool could not run the test: {' '.join(said.split())[:300]}")
        return observed

    def test(self, folder: Path, files: Sequence[str]) -> tuple[int, str]:
        """Return the exit code of `promtool test rules` in a folder, and all that it said."""
        try:
            ended = subprocess.run(
                [self.path, "test", "rules", *files],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
                # Each is short and small: collecting its garbage four times more seldom saves a sixth of the processor.
                env={"GOGC": "400", "GOMAXPROCS": "1", **os.environ},
            )
        except subprocess.TimeoutExpired:
            raise OutOfReachError(f"promtool did not end within {SECONDS:g} s") from None
        except OSError as error:
            raise StackError(f"promtool does not start: {error}") from error
        return ended.returncode, ended.stdout + ended.stderr


# The C library's emitter where it is there: test files are long.
Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _parse(said: str, observed: tuple[Observation, ...]) -> bool:
    """Note what promtool said of each case, and tell whether it said anything of them."""
    found = False
    for expression, answer in GOT.findall(said):
        case, query = _query_of(expression)
        samples = SAMPLE.findall(answer)
        observed[case].answers[query] = tuple(Sample(pairs(labels), float(value)) for labels, value in samples)
        found = True
    for expression, complaint in FAILED.findall(said):
        case, query = _query_of(expression)
        observed[case].failed[query] = complaint
        found = True
    for name, alerts in ALERT.findall(said):
        fired = INSTANCE.findall(alerts)
        observed[int(name.removeprefix("case"))].fired = tuple(Fired(pairs(one), pairs(two)) for one, two in fired)
        found = True
    complaints = tuple(dict.fromkeys(RULE.findall(said)))
    for one in observed:
        one.rules_failed = complaints  # promtool does not say of which case
    return found or bool(complaints)


def _query_of(expression: str) -> tuple[int, int]:
    _, _, mark = unquote(expression).rpartition("\n# case")
    case, query = mark.split()
    return int(case), int(query)


def pairs(text: str) -> dict[str, str]:
    """Return labels or annotations as Go writes them: `a="b", c="d"`."""
    return {name.strip('"'): unquote(value) for name, value in PAIR.findall(text)}


def unquote(text: str) -> str:
    """Return what a text quoted by Go says."""
    with contextlib.suppress(SyntaxError, ValueError):
        return str(ast.literal_eval(text))
    return text.strip('"')
