from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from promdrill.model import Result, Status
from promdrill.report.markdown import to_markdown, write_markdown

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from promdrill.model import Verdict


def test_page_of_a_failed_run(failed: Verdict, snapshot: SnapshotAssertion) -> None:
    """The page shows what is wrong first, and no character of a message is taken for markup."""
    assert to_markdown(failed) == snapshot


def test_page_of_a_passed_run(passed: Verdict, snapshot: SnapshotAssertion) -> None:
    """The page of a run that passed is its summary."""
    assert to_markdown(passed) == snapshot


def test_pages_of_several_systems(failed: Verdict, passed: Verdict, tmp_path: Path) -> None:
    """The pages of several systems follow one another."""
    write_markdown([failed, passed], tmp_path / "v.md")
    assert (tmp_path / "v.md").read_text() == f"{to_markdown(failed)}\n{to_markdown(passed)}"


def test_nothing_checked(empty: Verdict) -> None:
    """A run that checked nothing says so in its heading."""
    assert to_markdown(empty).splitlines()[0] == "## shop: inconclusive: nothing was checked, in 0.0 s"


def test_long_list_is_cut(passed: Verdict) -> None:
    """More findings than a job's summary page can hold are counted instead."""
    result = Result("metric", "m", Status.FAILED, "is absent")
    page = to_markdown(dataclasses.replace(passed, status=Status.FAILED, results=(result,) * 5000))
    assert "And 4900 more; the JSON report has them all." in page.splitlines()
    assert len(page) < 10_000


def test_no_system(tmp_path: Path) -> None:
    """A page about nothing is not empty."""
    write_markdown([], tmp_path / "v.md")
    assert (tmp_path / "v.md").read_text() == "No system was checked.\n"
