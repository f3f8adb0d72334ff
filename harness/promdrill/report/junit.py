"""The verdict as JUnit XML, for CI systems: a suite for each kind, a case for each result."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from promdrill.model import Result, Status, Verdict
from promdrill.report import atomic
from promdrill.report.wording import erratum_sides, figures, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def to_junit(verdicts: Sequence[Verdict]) -> JUnitXml:
    """Return the suites of all verdicts.

    A broken promise is a failure, one that could not be looked at an error, a waived one skipped, an erratum a pass
    whose output shows both sides. A claim that no check looked at is skipped; a verdict that is not passed while no
    result says why is an error of its own, so that a CI system never shows an empty run as green.
    """
    xml = JUnitXml("promdrill")
    for verdict in verdicts:
        for suite in _suites(verdict):
            xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]  # junitparser leaves this one unannotated
    xml.time = round(sum(verdict.seconds for verdict in verdicts), 3)
    return xml


def write_junit(verdicts: Sequence[Verdict], path: Path) -> None:
    """Write the suites of all verdicts. Raises UsageError where the path cannot be written."""
    text = BytesIO()
    to_junit(verdicts).write(text)
    atomic.write(path, f"{text.getvalue().decode()}\n")


def _suites(verdict: Verdict) -> Iterable[TestSuite]:
    by_kind: dict[str, list[TestCase]] = {}
    for result in verdict.results:
        by_kind.setdefault(result.kind, []).append(_case(verdict.system, result))
    if gaps := verdict.coverage.gaps:
        by_kind["coverage"] = [_gap(verdict.system, gap) for gap in gaps]
    if not verdict.results or (verdict.status is not Status.PASSED and not verdict.having(verdict.status)):
        by_kind["verdict"] = [_verdict_case(verdict)]
    for kind, cases in by_kind.items():
        suite = TestSuite(f"{verdict.system}.{kind}")
        suite.add_testcases(cases)
        yield suite


def _case(system: str, result: Result) -> TestCase:
    case = TestCase(printable(result.subject), f"{system}.{result.kind}")
    message = printable(result.message)
    match result.status:
        case Status.FAILED | Status.INCONCLUSIVE:
            finding = (Failure if result.status is Status.FAILED else Error)(message, result.kind)
            finding.text = _text(result)
            case.result = finding
        case Status.WAIVED:
            case.result = Skipped(message, "waived")
        case Status.ERRATUM:
            documented, corrected = erratum_sides((result,))
            case.system_out = f"{message}\ndocumented: {documented}\ncorrected: {corrected}"
        case Status.PASSED:
            pass
    return case


def _text(result: Result) -> str:
    lines = (
        ("", result.message),
        ("promised: ", str(result.source or "")),
        ("evidence: ", figures(result)),
        ("remedy: ", result.remedy),
    )
    return printable("\n".join(f"{name}{text}" for name, text in lines if text))


def _gap(system: str, gap: str) -> TestCase:
    case = TestCase(printable(gap), f"{system}.coverage")
    case.result = Skipped("no check has a result for this claim", "gap")
    return case


def _verdict_case(verdict: Verdict) -> TestCase:
    case = TestCase(verdict.system, f"{verdict.system}.verdict")
    case.result = Error(f"{verdict.system} is {verdict.status}, and no result says why", "verdict")
    return case
