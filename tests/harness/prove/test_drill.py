from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.checks.alert import alert
from promdrill.model import Status, VirtualLife
from promdrill.prove.drill import prove_drill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from promdrill.evidence import Evidence
    from promdrill.prove.promtool import Promtool

ERRORS = "rate(errors_total[2m]) > 0.5"
METRICS = {
    "errors_total": {"type": "counter", "labels": {"model": ["a", "b"]}, "source": "doc:1"},
    "errors_open": {"type": "gauge", "labels": {"model": ["a"]}, "source": "doc:1"},
    "renewed_timestamp_seconds": {"type": "gauge", "labels": {"model": ["a"]}, "source": "doc:1"},
}
CONTRACT: dict[str, Any] = {"metrics": METRICS}
TYPES = "# TYPE errors_total counter\nerrors_total 0\n# TYPE renewed_timestamp_seconds gauge\n"
SUMMARY = {"summary": "errors of {{ $labels.model }}"}


def counted(healthy: float, faulty: float) -> list[float]:
    """Return a counter second by second: so much a second, from 6 to 10 so much, and then as before."""
    grown = [0.0]
    for second in range(20):
        grown.append(grown[-1] + (faulty if 6 <= second < 10 else healthy))
    return grown


def run(expr: str, *values: Sequence[float], held: str = "1m", factor: float = 60, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - YAML
    """Return a run in which the alert lived its whole life, on errors of models a and b."""
    promised = {"expr": expr, "for": held, "severity": "page", "annotations": SUMMARY, "phase": "fault"}
    states = {
        f'ALERTS{{alertname="High",alertstate="{state}"}}': [1 if at in when else None for at in range(21)]
        for state, when in (("pending", (8,)), ("firing", range(9, 13)))
    }
    told = [
        {
            "receiver": "drill",
            "status": status,
            "groupLabels": {"alertname": "High"},
            "alerts": [
                {
                    "status": status,
                    "labels": {"alertname": "High", "severity": "page"},
                    "annotations": {"summary": "errors of b"},
                    "startsAt": 9.0,
                    "endsAt": at,
                    "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=errors",
                }
            ],
            "received": at,
        }
        for status, at in (("firing", 9.5), ("resolved", 14.5))
    ]
    return {
        "rules": [
            {"alert": "High", "expr": expr, "for": held, "labels": {"severity": "page"}, "annotations": SUMMARY},
            {"alert": "Other", "expr": "errors_total > 1e9"},
        ],
        "contract": {"alerts": {"High": {**promised, "source": "doc:9"}}, "metrics": METRICS},
        "series": {
            **{f'errors_total{{model="{model}"}}': list(one) for model, one in zip("ab", values, strict=False)},
            **states,
        },
        "notifications": told,
        "factors": {"High": factor},
        "last": TYPES,
        **more,
    }


CALENDAR = "it reads the calendar (minute()), which a run cannot lengthen"
FAULT = (counted(0.1, 0.1), counted(0.1, 2))
RUNS: dict[str, dict[str, Any]] = {
    "whole life": run(ERRORS, *FAULT),
    "longer windows count more": run("increase(errors_total[10m]) > 20", *FAULT),
    "weaker than it was": run(ERRORS, counted(0.1, 0.1), counted(0.1, 0.3)),
    "never goes down": run("errors_total > 100", *FAULT),
    "calendar": run("sum by (model) (rate(errors_total[2m])) > 0.5 and minute() < 20", *FAULT),
    "single samples": run("max_over_time(errors_open[2m]) > 3", *FAULT),
    "clock": run("time() - renewed_timestamp_seconds > 3600", *FAULT),
    "label that it lacks": run("sum(rate(errors_total[2m])) > 0.5", *FAULT),
    "short": run(ERRORS, *FAULT, short=True),
}
RUNS["clock"]["series"]['renewed_timestamp_seconds{model="a"}'] = [
    min(second, 6) if second < 12 else second for second in range(21)
]
RUNS["single samples"]["series"]['errors_open{model="a"}'] = [second % 2 for second in range(21)]
LIFE = VirtualLife(
    states=(("inactive", 0.0), ("pending", 480.0), ("firing", 540.0), ("resolved", 1095.0)),
    cause=450.0,
    cured=990.0,
    boundary=(0.498, 0.502),
    tests=("High.recorded.test.yml", "High.test.yml"),
)


def rounded(lives: Mapping[str, VirtualLife]) -> dict[str, VirtualLife]:
    """Return what alerts did with boundaries of three digits, which floating point does not change."""
    return {
        name: replace(life, boundary=life.boundary and (round(life.boundary[0], 3), round(life.boundary[1], 3)))
        for name, life in lives.items()
    }


@pytest.fixture
def tried(evidence_of: Callable[[str], Evidence]) -> Callable[[str], Evidence]:
    """Return the evidence of a run with what its alerts did in virtual time."""

    def try_it(name: str) -> Evidence:
        evidence = evidence_of(name)
        return replace(evidence, virtual=prove_drill(evidence))

    return try_it


def test_whole_life(tried: Callable[[str], Evidence]) -> None:
    """What was recorded for seconds lasts as long as the rule's own times ask for: the alert lives its whole life."""
    evidence = tried("whole life")
    assert rounded(evidence.virtual) == {"High": LIFE}
    [found] = alert(evidence)
    assert (found.status, found.evidence["virtual"]) == (Status.PASSED, [list(state) for state in LIFE.states])


def test_left_uncompressed(tried: Callable[[str], Evidence]) -> None:
    """What compressed time cannot reach passes by its virtual proof: a time that is renewed no more grows old."""
    evidence = tried("clock")
    [found] = alert(evidence)
    states = [["inactive", 0.0], ["pending", 3945.0], ["firing", 4005.0], ["resolved", 4350.0]]
    assert (found.status, found.evidence) == (Status.PASSED, {"virtual": states})


def test_plain_promtool(tried: Callable[[str], Evidence], promtool: Promtool) -> None:
    """Plain promtool runs the tests in the evidence on the unmodified rules; with another `for` they fail."""
    folder = tried("whole life").folder / "alerts"
    command = [promtool.path, "test", "rules", *LIFE.tests]
    assert subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0
    rules = folder / "alert.rules.yml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("for: 1m", "for: 2m"), encoding="utf-8")
    for test in LIFE.tests:
        ended = subprocess.run([promtool.path, "test", "rules", test], cwd=folder, check=False, capture_output=True)
        assert ended.returncode == 1, test


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("longer windows count more", "was firing on the recorded healthy load"),
        ("weaker than it was", "was inactive 9m after its recorded fault had begun"),
        ("never goes down", "still fired 6m after its recorded fault had ended"),
        ("label that it lacks", "$labels.model in summary renders as nothing: the alert's labels are severity"),
    ],
)
def test_otherwise(tried: Callable[[str], Evidence], promtool: Promtool, name: str, broken: str) -> None:
    """An alert that lived its whole life, and does otherwise in virtual time, fails with what differs."""
    evidence = tried(name)
    assert evidence.virtual["High"].broken == broken
    [found] = alert(evidence)
    message = f"High behaved differently in virtual time: it {broken}"
    assert (found.status, found.message, found.evidence["expected"]) == (Status.FAILED, message, "as it lived")

    # Plain promtool fails on what was recorded, too, unless a text alone is wrong.
    command = [promtool.path, "test", "rules", "High.recorded.test.yml"]
    ended = subprocess.run(command, cwd=evidence.folder / "alerts", check=False, capture_output=True)
    assert ended.returncode == (0 if "renders" in broken else 1)


@pytest.mark.parametrize(
    ("name", "unreached"),
    [
        (
            "calendar",
            f"{CALENDAR}; its boundary: minute() is not supported",
        ),
        (
            "single samples",
            "max_over_time() depends on single samples of errors_open, but the record has their means",
        ),
    ],
)
def test_unreached(tried: Callable[[str], Evidence], name: str, unreached: str) -> None:
    """What cannot be made to last longer is not tried, and the reason is told; by itself that breaks no promise."""
    evidence = tried(name)
    life = evidence.virtual["High"]
    assert (life.states, life.unreached, life.broken) == ((), unreached, "")
    [found] = alert(evidence)
    assert found.status is (Status.INCONCLUSIVE if name == "calendar" else Status.PASSED)


@pytest.mark.parametrize("name", ["whole life", "clock"])
def test_mistake(tried: Callable[[str], Evidence], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A mistake of promdrill's own is inconclusive, lived through or not, and says what it is."""
    monkeypatch.setattr("promdrill.prove.drill.recorded_life", stumble)
    evidence = tried(name)
    life = evidence.virtual["High"]
    text = "promdrill made a mistake, please report it: AttributeError: a planted mistake (test_drill.py:"
    assert life.mistake.startswith(text)
    assert (life.states, life.broken, life.unreached) == ((), "", "")
    [found] = alert(evidence)
    assert found.status is Status.INCONCLUSIVE
    assert found.message == f"High could not be proved in virtual time: {life.mistake}"
    assert found.evidence["mistake"] == life.mistake


def stumble(*_given: object, **_named: object) -> None:
    """Fail as a mistake in the prover does."""
    raise AttributeError("a planted mistake")


def test_not_written(evidence_of: Callable[[str], Evidence]) -> None:
    """Where the evidence cannot be written the alerts are proved all the same, and no test is kept."""
    evidence = evidence_of("whole life")
    (evidence.folder / "alerts").write_text("in the way", encoding="utf-8")
    assert rounded(prove_drill(evidence)) == {"High": replace(LIFE, tests=())}


@pytest.mark.parametrize("how", [{"short": True}, {"rule_mutants": ("threshold_times_ten",)}])
def test_left_out(evidence_of: Callable[[str], Evidence], how: dict[str, Any]) -> None:
    """A short run, and one whose rules were broken on purpose, have no virtual proof."""
    evidence = evidence_of("whole life")
    assert prove_drill(replace(evidence, run=replace(evidence.run, **how))) == {}
