from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promdrill.errors import EvidenceError
from promdrill.model import (
    LIFE_STEPS,
    AlertLife,
    Coverage,
    Deadline,
    LoadSummary,
    Result,
    Source,
    Status,
    Verdict,
    VirtualLife,
)
from promdrill.report.jsonfile import from_json, to_json, write_json

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

text = st.text(max_size=20)
number = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
seconds = st.floats(0, 1e6)
value = st.recursive(
    st.none() | st.booleans() | number | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
result = st.builds(
    Result,
    kind=text,
    subject=text,
    status=st.sampled_from(Status),
    message=text,
    evidence=st.dictionaries(text, value, max_size=3),
    source=st.none() | st.builds(Source, document=text, line=st.integers(1)),
    remedy=text,
)
life = st.builds(
    AlertLife,
    alert=text,
    factor=st.floats(1, 1e6),
    proof=st.lists(st.sampled_from(["live", "virtual"]), max_size=2).map(tuple),
    states=st.lists(st.tuples(st.sampled_from(["pending", "firing"]), seconds), max_size=3).map(tuple),
    notified=st.dictionaries(st.sampled_from(["firing", "resolved"]), seconds),
    receiver=text,
    deadlines=st.dictionaries(st.sampled_from(LIFE_STEPS), st.builds(Deadline, by=seconds, seen=st.none() | seconds)),
    phase=text,
    virtual=st.none()
    | st.builds(
        VirtualLife,
        states=st.lists(st.tuples(st.sampled_from(["pending", "firing"]), seconds), max_size=3).map(tuple),
        cause=seconds,
        cured=seconds,
        boundary=st.none() | st.tuples(seconds, seconds),
        broken=text,
        unreached=text,
        mistake=text,
        tests=st.lists(text, max_size=2).map(tuple),
    ),
)
verdict = st.builds(
    Verdict,
    system=text,
    status=st.sampled_from(Status),
    seconds=seconds,
    versions=st.dictionaries(text, text, max_size=3),
    results=st.lists(result, max_size=3).map(tuple),
    alerts=st.lists(life, max_size=3).map(tuple),
    coverage=st.builds(
        Coverage,
        claims=st.integers(0),
        checked=st.integers(0),
        gaps=st.lists(text, max_size=3).map(tuple),
        undrilled=st.lists(text, max_size=3).map(tuple),
    ),
    load=st.builds(LoadSummary, requests=st.integers(0), failures=st.integers(0), rps=seconds),
    evidence=text,
    seed=st.integers(),
    short=st.booleans(),
    mutant=st.none() | text,
    stack=text,
)

FAILED = {
    "schema": 1,
    "system": "shop",
    "verdict": "failed",
    "seconds": 41.23,
    "versions": {"promdrill": "0.1.0", "prometheus": "3.5.3"},
    "results": [
        {
            "kind": "counter",
            "subject": "orders_total",
            "status": "failed",
            "message": 'orders_total{shop="a|b"} rose by 824, but the till saw 412 orders',
            "evidence": {"prometheus": 824.0, "ledger": 412, "labels": {"shop": "a|b"}},
            "source": {"document": "docs/systems/shop.md", "line": 41},
            "remedy": "Count each order once: look for a second inc() on its path.",
        },
        {
            "kind": "load",
            "subject": "load",
            "status": "inconclusive",
            "message": "the load generator made 51 of 130 requests a second",
            "evidence": {"asked": 130, "delivered": 51.25},
            "source": None,
            "remedy": "Give the machine more room, or ask for less load.",
        },
        {
            "kind": "query",
            "subject": "rate(orders_total[5m]) < 3",
            "status": "erratum",
            "message": "the query is always empty",
            "evidence": {"documented": "always empty", "corrected": "rate(orders_total[5m]) * 60 < 3"},
            "source": {"document": "docs/systems/shop.md", "line": 52},
            "remedy": "",
        },
        {
            "kind": "helper",
            "subject": "Orders.timer",
            "status": "waived",
            "message": "not in this release, until 2027-03-01",
            "evidence": {},
            "source": None,
            "remedy": "",
        },
        {
            "kind": "metric",
            "subject": "orders_total",
            "status": "passed",
            "message": "orders_total is a counter by shop",
            "evidence": {},
            "source": {"document": "docs/systems/shop.md", "line": 41},
            "remedy": "",
        },
    ],
    "alerts": [
        {
            "alert": "ManyOrders",
            "factor": 60.0,
            "proof": ["live", "virtual"],
            "states": [["inactive", 0.0], ["pending", 12.1], ["firing", 17.3], ["resolved", 25.9]],
            "notified": {"firing": 17.6, "resolved": 26.2, "receiver": "webhook"},
            "deadlines": {"pending": {"by": 25.0, "seen": 12.1}, "firing": {"by": 17.5, "seen": None}},
            "phase": "rush",
            "virtual": {
                "states": [["inactive", 0.0], ["pending", 780.0], ["firing", 1080.0], ["resolved", 1860.0]],
                "cause": 720.0,
                "cured": 1860.0,
                "boundary": [99.6, 100.4],
                "broken": "",
                "unreached": "",
                "mistake": "",
                "tests": ["ManyOrders.recorded.test.yml", "ManyOrders.test.yml"],
            },
            "seen": [
                "inactive",
                "pending",
                "firing",
                "notified",
                "resolved",
                "resolve-notified",
                "boundary-probed",
            ],
        }
    ],
    "coverage": {"claims": 6, "checked": 5, "gaps": ["panel Orders / rate"], "undrilled": ["FewOrders"]},
    "load": {"requests": 5210, "failures": 1, "rps": 130.25},
    "evidence": "runs/1",
    "seed": 1,
    "short": False,
    "mutant": None,
    "stack": "",
}


def test_json_is_the_stable_form(failed: Verdict) -> None:
    """The JSON of a verdict is laid down, key by key."""
    assert to_json(failed) == FAILED


def test_documented_example_is_a_verdict() -> None:
    """The example in `docs/verdict.md` is what the reader reads and the writer writes."""
    page = (Path(__file__).parents[3] / "docs" / "verdict.md").read_text(encoding="utf-8")
    example = json.loads(page.split("```json\n")[1].split("```")[0])
    assert to_json(from_json(example)) == example


@given(verdict)
def test_round_trip(before: Verdict) -> None:
    """A verdict survives being written as JSON text and read again."""
    assert from_json(json.loads(json.dumps(to_json(before), allow_nan=False))) == before


def test_evidence_that_json_cannot_hold() -> None:
    """NaN and infinities are written as Prometheus does, tuples and sets as lists, the rest as text."""
    odd = {"nan": math.nan, "inf": math.inf, "low": -math.inf, 0.5: (1, {"b", "a"}), "status": Status.PASSED, "x": 1j}
    checked = Verdict(
        "shop",
        Status.PASSED,
        1.0,
        {},
        (Result("metric", "m", Status.PASSED, "", odd),),  # type: ignore[arg-type]  # a number as a key, on purpose
        (),
        Coverage(1, 1),
        LoadSummary(0, 0, 0.0),
    )
    assert to_json(checked)["results"][0]["evidence"] == {
        "nan": "NaN",
        "inf": "+Inf",
        "low": "-Inf",
        "0.5": [1, ["a", "b"]],
        "status": "passed",
        "x": "1j",
    }


@pytest.mark.parametrize(
    "data",
    [{"schema": 2}, {}, {"schema": 1}, FAILED | {"verdict": "fine"}, FAILED | {"results": None}],
    ids=["another schema", "no schema", "no system", "another verdict", "no results"],
)
def test_not_a_verdict(data: dict[str, object], snapshot: SnapshotAssertion) -> None:
    """JSON that is not a verdict is an evidence error that says what is wrong."""
    with pytest.raises(EvidenceError) as caught:
        from_json(data)
    assert str(caught.value) == snapshot


def test_one_system_is_written_as_it_is(failed: Verdict, tmp_path: Path) -> None:
    """The file of one system's run holds that system's verdict alone."""
    write_json([failed], tmp_path / "v.json")
    assert json.loads((tmp_path / "v.json").read_text()) == FAILED


def test_several_systems_have_one_verdict(failed: Verdict, passed: Verdict, tmp_path: Path) -> None:
    """The file of several systems holds a verdict of all, and each system's own."""
    write_json([passed, failed], tmp_path / "v.json")
    expected = {"schema": 1, "verdict": "failed", "systems": [to_json(passed), FAILED]}
    assert json.loads((tmp_path / "v.json").read_text()) == expected


def test_no_system_is_inconclusive(tmp_path: Path) -> None:
    """A file about nothing never says passed."""
    write_json([], tmp_path / "v.json")
    assert json.loads((tmp_path / "v.json").read_text()) == {"schema": 1, "verdict": "inconclusive", "systems": []}
