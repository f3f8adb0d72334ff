from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from promdrill.model import Result, Status
from promdrill.report.markdown import to_markdown, write_markdown

if TYPE_CHECKING:
    from pathlib import Path

    from promdrill.model import Verdict

FAILED = r"""## shop: failed: orders\_total, in 41.2 s

### Failed

| claim | what | evidence | promised | remedy |
| --- | --- | --- | --- | --- |
| counter `orders_total` | orders\_total{shop="a\|b"} rose by 824, but the till saw 412 orders | ledger 412, \
prometheus 824 | `docs/systems/shop.md:41` | Count each order once: look for a second inc() \
on its path. |

### Inconclusive

| claim | what | evidence | promised | remedy |
| --- | --- | --- | --- | --- |
| load `load` | the load generator made 51 of 130 requests a second | asked 130, delivered 51.25 |  | Give the machine \
more room, or ask for less load. |

<details><summary>1 claim that the documents get wrong, proved</summary>

| documented | corrected |
| --- | --- |
| query rate(orders\_total\[5m\]) &lt; 3<br>always empty | rate(orders\_total\[5m\]) \* 60 &lt; 3 |

</details>

### Waived

| claim | reason |
| --- | --- |
| `Orders.timer` | not in this release, until 2027-03-01 |

### Summary

| kind | passed | failed | inconclusive | erratum | waived |
| --- | --- | --- | --- | --- | --- |
| counter | 0 | 1 | 0 | 0 | 0 |
| load | 0 | 0 | 1 | 0 | 0 |
| query | 0 | 0 | 0 | 1 | 0 |
| helper | 0 | 0 | 0 | 0 | 1 |
| metric | 1 | 0 | 0 | 0 | 0 |
| total | 1 | 1 | 1 | 1 | 1 |

| alert | pending | firing | notified | resolved | notified of it | fires at value | proof |
| --- | --- | --- | --- | --- | --- | --- | --- |
| ManyOrders | 12.1s | 17.3s | 17.6s | 25.9s | 26.2s | 100.4 | both |

- run: seed 1
- coverage: 5 of 6 claims of the contract checked
- alerts: 1 of 1 seen in all states, notified of, and at the boundary
- no fault: no phase of the drill makes FewOrders fire
- load: 5210 requests, 1 failure, 130.2 requests a second
- versions: promdrill 0.1.0, prometheus 3.5.3
- evidence: runs/1

Claims without a check:

- panel Orders / rate
""".replace("\\\n", "")

PASSED = """\
## till: passed: 1 result, in 2.5 s

### Summary

| kind | passed | failed | inconclusive | erratum | waived |
| --- | --- | --- | --- | --- | --- |
| metric | 1 | 0 | 0 | 0 | 0 |
| total | 1 | 0 | 0 | 0 | 0 |

- run: seed 1
- coverage: 1 of 1 claim of the contract checked
- load: 1 request, 0 failures, 0.5 requests a second
- versions: promdrill 0.1.0
- evidence: runs/2
"""


def test_page_of_a_failed_run(failed: Verdict) -> None:
    """The page shows what is wrong first, and no character of a message is taken for markup."""
    assert to_markdown(failed) == FAILED


def test_pages_of_several_systems(failed: Verdict, passed: Verdict, tmp_path: Path) -> None:
    """The pages of several systems follow one another."""
    write_markdown([failed, passed], tmp_path / "v.md")
    assert (tmp_path / "v.md").read_text() == f"{FAILED}\n{PASSED}"


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
