from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promdrill.errors import Exit
from promdrill.matrix.outcome import Matrix, Row, of_error, of_verdict, render, write_json
from promdrill.model import Coverage, LoadSummary, Result, Source, Status, Verdict
from promdrill.mutants import Mutant
from promdrill.report.text import plain_text

if TYPE_CHECKING:
    from pathlib import Path

TWICE = Mutant("twice", "calls_total", "Each call is counted twice.")
LATE = Mutant("late", "call_seconds", "A call is observed late.")
AS_IT_IS = Mutant("", "", "The unchanged app.")
BROKEN = Result(
    "counter",
    "calls_total",
    Status.FAILED,
    "calls_total: expected 1, seen 2",
    {"expected": 1, "seen": 2},
    Source("doc.md", 7),
    "count once",
)
OTHER = Result("gauge", "up", Status.FAILED, "up: expected 1, seen 0", {"expected": 1}, None, "start it")
OPEN = Result("load", "generator", Status.INCONCLUSIVE, "a process of the load was lost", {}, None, "try again")
GOOD = Result("gauge", "up", Status.PASSED, "up is 1")


def verdict(status: Status, *results: Result) -> Verdict:
    """Return a verdict with some results."""
    return Verdict("shop", status, 5.0, {}, results, (), Coverage(1, 1), LoadSummary(1, 0, 1.0))


def matrix(*rows: Row, control: Status = Status.PASSED) -> Matrix:
    """Return a matrix of 61.2 seconds."""
    return Matrix("shop", Row(AS_IT_IS, control, (), "", 2.0), rows, 1, 61.23)


CAUGHT = of_verdict(TWICE, verdict(Status.FAILED, GOOD, OTHER, BROKEN), 4.0)
SURVIVED = of_verdict(LATE, verdict(Status.PASSED, GOOD), 3.0)


def test_caught() -> None:
    """A mutant is caught where the verdict is failed, and a failed result names its metric."""
    assert (CAUGHT.outcome, CAUGHT.named, CAUGHT.why) == ("caught", (BROKEN,), "")


def test_a_message_can_name_the_metric() -> None:
    """The subject of a result need not be the metric itself."""
    named = Result("invariant", "a == b", Status.FAILED, "calls_total + 1 differs")
    assert of_verdict(TWICE, verdict(Status.FAILED, named), 1.0).outcome == "caught"


@pytest.mark.parametrize(
    ("given", "outcome", "why"),
    [
        (verdict(Status.PASSED, GOOD), "survived", ""),
        (verdict(Status.FAILED, OTHER), "survived", OTHER.message),
        (verdict(Status.INCONCLUSIVE, OPEN), "inconclusive", OPEN.message),
    ],
)
def test_not_caught(given: Verdict, outcome: str, why: str) -> None:
    """One that passes, or fails for another reason, survives; of one that could not be seen nothing is said."""
    row = of_verdict(TWICE, given, 1.0)
    assert (row.outcome, row.why, row.named) == (outcome, why, ())


def test_a_drill_that_ends_early() -> None:
    """An error is inconclusive, with its text."""
    assert of_error(TWICE, "app died", 1.0) == Row(TWICE, Status.INCONCLUSIVE, (), "app died", 1.0)


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        (matrix(CAUGHT), Exit.PASSED),
        (matrix(CAUGHT, SURVIVED), Exit.FAILED),
        (matrix(CAUGHT, of_error(LATE, "app died", 1.0)), Exit.INCONCLUSIVE),
        (matrix(SURVIVED, of_error(TWICE, "app died", 1.0)), Exit.FAILED),
        (matrix(SURVIVED, control=Status.FAILED), Exit.INCONCLUSIVE),
        (matrix(CAUGHT, control=Status.INCONCLUSIVE), Exit.INCONCLUSIVE),
    ],
)
def test_exit_code(shown: Matrix, code: Exit) -> None:
    """0 if all are caught, 1 if one survives, 3 if that cannot be said, or if the app as it is does not pass."""
    assert shown.exit_code is code


def test_table() -> None:
    """Each mutant has a line; those that are not caught are told of below."""
    shown = plain_text(lambda console: render(matrix(SURVIVED, CAUGHT, of_error(TWICE, "app died", 1.0)), console))
    assert shown.splitlines() == [
        "mutant  metric        expected  outcome       seconds",
        "late    call_seconds  caught    survived          3.0",
        "twice   calls_total   caught    caught            4.0",
        "twice   calls_total   caught    inconclusive      1.0",
        "",
        "late survived: A call is observed late.",
        "  no failed result names call_seconds",
        "  to look closer: promdrill run shop --mutant late",
        "",
        "twice inconclusive: Each call is counted twice.",
        "  app died",
        "  to look closer: promdrill run shop --mutant twice",
        "",
        "shop: of 3 mutants 1 caught, 1 survived, 1 inconclusive, in 61.2 s",
    ]


def test_without_a_control_nothing_is_said() -> None:
    """Where the app as it is does not pass, no mutant is spoken of."""
    failed = Matrix("shop", of_verdict(AS_IT_IS, verdict(Status.FAILED, OTHER), 2.0), (CAUGHT,), 1, 9.0)
    assert plain_text(lambda console: render(failed, console)) == (
        "shop: its mutants have no result, because the unchanged app was failed: up: expected 1, seen 0\n"
    )


def test_json(tmp_path: Path) -> None:
    """The file holds the control, and of each mutant what was expected, what came of it, and which results name it."""
    write_json(matrix(CAUGHT), tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text(encoding="utf-8")) == {
        "schema": 1,
        "system": "shop",
        "seed": 1,
        "seconds": 61.2,
        "exit_code": 0,
        "control": {"verdict": "passed", "why": "", "seconds": 2.0},
        "mutants": [
            {
                "name": "twice",
                "metric": "calls_total",
                "what": "Each call is counted twice.",
                "expected": "caught",
                "outcome": "caught",
                "verdict": "failed",
                "why": "",
                "seconds": 4.0,
                "results": [
                    {
                        "kind": "counter",
                        "subject": "calls_total",
                        "status": "failed",
                        "message": "calls_total: expected 1, seen 2",
                        "evidence": {"expected": 1, "seen": 2},
                        "source": "doc.md:7",
                        "remedy": "count once",
                    }
                ],
            }
        ],
    }
