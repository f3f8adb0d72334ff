from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from promdrill.model import Result, Status
from promdrill.report.junit import to_junit, write_junit

if TYPE_CHECKING:
    from pathlib import Path

    from promdrill.model import Verdict

FAILED = """\
<testsuites name="promdrill" tests="6" failures="1" errors="1" skipped="2" time="41.23">
  <testsuite name="shop.counter" tests="1" errors="0" failures="1" skipped="0" time="0">
    <testcase name="orders_total" classname="shop.counter">
      <failure message="orders_total{shop=&quot;a|b&quot;} rose by 824, but the till saw 412 orders" type="counter">\
orders_total{shop="a|b"} rose by 824, but the till saw 412 orders
promised: docs/systems/shop.md:41
evidence: ledger 412, prometheus 824
remedy: Count each order once: look for a second inc() on its path.</failure>
    </testcase>
  </testsuite>
  <testsuite name="shop.load" tests="1" errors="1" failures="0" skipped="0" time="0">
    <testcase name="load" classname="shop.load">
      <error message="the load generator made 51 of 130 requests a second" type="load">\
the load generator made 51 of 130 requests a second
evidence: asked 130, delivered 51.25
remedy: Give the machine more room, or ask for less load.</error>
    </testcase>
  </testsuite>
  <testsuite name="shop.query" tests="1" errors="0" failures="0" skipped="0" time="0">
    <testcase name="rate(orders_total[5m]) &lt; 3" classname="shop.query">
      <system-out>the query is always empty
documented: query rate(orders_total[5m]) &lt; 3
always empty
corrected: rate(orders_total[5m]) * 60 &lt; 3</system-out>
    </testcase>
  </testsuite>
  <testsuite name="shop.helper" tests="1" errors="0" failures="0" skipped="1" time="0">
    <testcase name="Orders.timer" classname="shop.helper">
      <skipped message="not in this release, until 2027-03-01" type="waived" />
    </testcase>
  </testsuite>
  <testsuite name="shop.metric" tests="1" errors="0" failures="0" skipped="0" time="0">
    <testcase name="orders_total" classname="shop.metric" />
  </testsuite>
  <testsuite name="shop.coverage" tests="1" errors="0" failures="0" skipped="1" time="0">
    <testcase name="panel Orders / rate" classname="shop.coverage">
      <skipped message="no check has a result for this claim" type="gap" />
    </testcase>
  </testsuite>
</testsuites>"""

EMPTY = """\
<testsuites name="promdrill" tests="1" failures="0" errors="1" skipped="0" time="0.04">
  <testsuite name="shop.verdict" tests="1" errors="1" failures="0" skipped="0" time="0">
    <testcase name="shop" classname="shop.verdict">
      <error message="shop is inconclusive, and no result says why" type="verdict" />
    </testcase>
  </testsuite>
</testsuites>"""


def pretty(xml: str | bytes) -> str:
    """Return XML indented, as it is easiest to compare."""
    root = ET.fromstring(xml)  # noqa: S314 - our own output
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def test_each_status_has_its_form(failed: Verdict, tmp_path: Path) -> None:
    """Failed is a failure, inconclusive an error, waived and a gap skipped, an erratum a pass with both sides."""
    write_junit([failed], tmp_path / "v.xml")
    assert pretty((tmp_path / "v.xml").read_bytes()) == FAILED


def test_empty_run_is_not_green(empty: Verdict, tmp_path: Path) -> None:
    """A verdict that is not passed has an error even where no result says why."""
    write_junit([empty], tmp_path / "v.xml")
    assert pretty((tmp_path / "v.xml").read_bytes()) == EMPTY


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
