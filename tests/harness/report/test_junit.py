from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from promdrill.model import Result, Status
from promdrill.report.junit import to_junit, write_junit

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from promdrill.model import Verdict


def pretty(xml: str | bytes) -> str:
    """Return XML indented, as it is easiest to compare."""
    root = ET.fromstring(xml)  # noqa: S314 - our own output
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def test_each_status_has_its_form(failed: Verdict, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """Failed is a failure, inconclusive an error, waived and a gap skipped, an erratum a pass with both sides."""
    write_junit([failed], tmp_path / "v.xml")
    assert pretty((tmp_path / "v.xml").read_bytes()) == snapshot


def test_empty_run_is_not_green(empty: Verdict, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """A verdict that is not passed has an error even where no result says why."""
    write_junit([empty], tmp_path / "v.xml")
    assert pretty((tmp_path / "v.xml").read_bytes()) == snapshot


def test_systems_have_suites_of_their_own(failed: Verdict, passed: Verdict) -> None:
    """The same kind in two systems gives two suites, and the times add up."""
    xml = to_junit([failed, passed])
    assert [suite.name for suite in xml if suite.name.endswith(".metric")] == ["shop.metric", "till.metric"]
    assert xml.time == 43.73


def test_what_xml_forbids_is_replaced(passed: Verdict, tmp_path: Path) -> None:
    """Control characters in an app's output do not make the file unreadable."""
    result = Result("exposition", "a\x00", Status.FAILED, "line \x1b[0m\ufffe", {"line": "\x08"}, None, "\ud800")
    write_junit([dataclasses.replace(passed, status=Status.FAILED, results=(result,))], tmp_path / "v.xml")
    failure = ET.parse(tmp_path / "v.xml").getroot().find(".//failure")  # noqa: S314 - our own output
    assert failure is not None
    assert failure.attrib["message"] == "line \N{REPLACEMENT CHARACTER}[0m\N{REPLACEMENT CHARACTER}"
