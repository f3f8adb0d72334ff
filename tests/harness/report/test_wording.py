from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import pytest

from promdrill.model import AlertLife, Status
from promdrill.report.wording import alert_coverage, boundary, figure, moments, overall, proved

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from promdrill.model import Verdict


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123456789.0, "123456789"),
        (0.1 + 0.2, "0.3"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "true"),
        ("a\n  b", "a b"),
        ({"le": 0.5}, '{"le": 0.5}'),
        ("x" * 101, "x" * 97 + "..."),
    ],
)
def test_figure(value: object, text: str) -> None:
    """A piece of evidence fits on a line, and whole numbers are never rounded."""
    assert figure(value) == text


def test_overall_is_the_worst(passed: Verdict) -> None:
    """One failed system fails all, one inconclusive system keeps all from passing, none at all is inconclusive."""
    passing, unseen, failing = (
        dataclasses.replace(passed, status=status) for status in (Status.PASSED, Status.INCONCLUSIVE, Status.FAILED)
    )
    groups = itertools.chain.from_iterable(
        itertools.combinations((passing, unseen, failing), size) for size in range(4)
    )
    assert [overall(group).value for group in groups] == [
        "inconclusive",
        "passed",
        "inconclusive",
        "failed",
        "inconclusive",
        "failed",
        "failed",
        "failed",
    ]


def test_moments_of_an_alert_that_fires_again() -> None:
    """Of states that come again the first counts; what never came is a dash."""
    states = (("pending", 1.0), ("firing", 2.0), ("resolved", 3.0), ("pending", 4.0), ("firing", 5.0))
    life = AlertLife("A", 1.0, ("live",), states, {"firing": 2.5}, "webhook")
    assert moments(life) == ("1.0s", "2.0s", "2.5s", "3.0s", "-")


def test_alerts_seen(failed: Verdict, snapshot: SnapshotAssertion) -> None:
    """Of each alert that a phase is to make fire what was not seen is named; the others are left out."""
    [whole] = failed.alerts
    lacking = dataclasses.replace(whole, alert="Few", virtual=None, notified={"firing": 1.0})
    others = (lacking, dataclasses.replace(lacking, alert="Known", phase=""))
    verdict = dataclasses.replace(failed, alerts=(whole, *others))
    assert alert_coverage(verdict) == snapshot
    assert alert_coverage(dataclasses.replace(failed, alerts=())) == ""


def test_proved(failed: Verdict) -> None:
    """How an alert was proved, and from which value on it fires, take a word each; a dash is none."""
    [both] = failed.alerts
    lives = (both, dataclasses.replace(both, proof=("virtual",)), dataclasses.replace(both, proof=(), virtual=None))
    assert [(proved(life), boundary(life)) for life in lives] == [("both", "100.4"), ("virtual", "100.4"), ("-", "-")]
