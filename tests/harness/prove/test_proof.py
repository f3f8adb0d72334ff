from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promdrill.prove.proof import State

if TYPE_CHECKING:
    from tests.harness.prove.conftest import Prover

CONTRACT: dict[str, Any] = {
    "orders_total": {"type": "counter", "labels": {"shop": ["north", "south"], "outcome": ["ok", "failed"]}},
    "visits_total": {"type": "counter", "labels": {"shop": ["north", "south"]}},
    "order_seconds": {"type": "histogram", "labels": {"shop": ["north"]}, "buckets": [0.5, 1, 5]},
    "carts": {"type": "gauge"},
}
FAILED = 'rate(orders_total{outcome="failed"}[5m])'


def test_a_whole_life(proved: Prover) -> None:
    """An alert with `for` goes through all states, at the evaluations that its rule says."""
    proof = proved({"alert": "A", "expr": "rate(x_total[5m]) > 10", "for": "10m"})
    assert proof.state is State.PROVED, proof.message
    assert proof.life
    assert proof.life.states == ("inactive", "pending", "firing", "resolved")
    assert proof.life.pending == proof.life.true_from
    assert proof.life.firing == proof.life.true_from + 600
    assert proof.life.also == {"no series": False, "a gap of scrapes": False, "a counter reset": False}


@pytest.mark.parametrize(
    ("expr", "threshold", "above"),
    [
        ("x > 7", 7, True),
        ("x < 7", 7, False),
        ("x < -7", -7, False),
        ("rate(a_total[5m]) / rate(b_total[5m]) > 0.1", 0.1, True),
        ("increase(a_total[1h]) >= 30", 30, True),
        ("(total - free) / total > 0.9", 0.9, True),
        ("hits / (hits + misses) < 0.5", 0.5, False),
        ('sum(rate(a_total{s="bad"}[5m])) / sum(rate(a_total[5m])) > 0.02', 0.02, True),
        ("histogram_quantile(0.95, sum by (le) (rate(s_bucket[5m]))) > 3", 3, True),
        ("time() - last_seconds > 3600", 3600, True),
        ("deriv(x[10m]) > 2", 2, True),
        ("avg_over_time(x[10m]) < 5", 5, False),
    ],
)
def test_boundary(proved: Prover, expr: str, threshold: float, above: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """The boundary lies at the rule's threshold within 1 %, and on the right side the alert fires."""
    proof = proved({"alert": "A", "expr": expr})
    assert proof.state is State.PROVED, proof.message
    assert proof.found
    assert proof.found.boundary
    under, over = proof.found.boundary
    assert (over > under) is above
    assert proof.found.boundary == pytest.approx((threshold, threshold), rel=0.011)


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (
            "order_total > 5",
            "reads series that are not exposed: the contract has no metric order_total (did you mean 'orders_total'?)",
        ),
        ('visits_total{outcome="ok"} > 5', "reads series that are not exposed: visits_total has no label outcome"),
        (
            'orders_total{outcome="lost"} > 5',
            (
                'reads series that are not exposed: orders_total has no series with outcome="lost": '
                "the contract's values are ok, failed"
            ),
        ),
        (
            'order_seconds{quantile="0.9"} > 5',
            (
                "reads series that are not exposed: order_seconds is a histogram: it exposes order_seconds_bucket,"
                " order_seconds_sum and order_seconds_count (labels le, shop), and no series order_seconds"
            ),
        ),
        (
            "histogram_quantile(0.9, sum by (le) (rate(order_seconds_bucket[5m]))) > 30",
            "can never fire: the last bucket ends at 5, so the quantile can never be above 30",
        ),
        (
            f"{FAILED} / rate(visits_total[5m]) > 0.5",
            (
                'can never fire: its two sides never match: `rate(orders_total{outcome="failed"}[5m])` has the labels'
                " instance, job, outcome, shop and `rate(visits_total[5m])` has the labels instance, job, shop"
            ),
        ),
    ],
)
def test_broken_by_contract(proved: Prover, expr: str, message: str) -> None:
    """What the contract does not have, or what can never match or be reached on its series, is broken."""
    proof = proved({"alert": "A", "expr": expr}, contract=CONTRACT)
    assert (proof.state, proof.message) == (State.BROKEN, message)


@pytest.mark.parametrize(
    "expr",
    [
        "orders_total > 5",
        'orders_total{outcome!="ok"} > 5',
        'up{job="elsewhere"} == 0',
        "histogram_quantile(0.9, sum by (le) (rate(order_seconds_bucket[5m]))) > 3",
        f"{FAILED} / ignoring (outcome) rate(visits_total[5m]) > 0.5",
        f"sum without (outcome) ({FAILED}) / rate(visits_total[5m]) > 0.5",
        f"sum({FAILED}) / sum(rate(orders_total[5m])) > 0.5",
        "carts > 3 and on (instance) rate(visits_total[5m]) > 1",
    ],
)
def test_proved_by_contract(proved: Prover, expr: str) -> None:
    """What can be on the contract's series is proved on them."""
    proof = proved({"alert": "A", "expr": expr}, contract=CONTRACT)
    assert proof.state is State.PROVED, proof.message


@pytest.mark.parametrize(
    ("expr", "summary", "message"),
    [
        (
            "sum(x) > 5",
            "{{ $labels.pod }} is full",
            "$labels.pod in summary renders as nothing: the alert's labels are none",
        ),
        ("sum by (pod) (x) > 5", "{{ $labels.pod }} is full", None),
        ("sum(x) > 5", "{{ with $labels.pod }}{{ . }}{{ end }}", None),
        ("sum(x) > 5", "{{ if $labels.pod }}{{ $labels.pod }}{{ end }}", None),
    ],
)
def test_templates(proved: Prover, expr: str, summary: str, message: str | None) -> None:
    """A label that a template prints and the alert lacks is broken; one that it asks for first may be missing."""
    proof = proved({"alert": "A", "expr": expr, "annotations": {"summary": summary}})
    assert proof.state is (State.BROKEN if message else State.PROVED)
    assert message is None or proof.message == message


def test_recorded(proved: Prover) -> None:
    """An alert on a recorded series is proved through the rule that records it."""
    record = {
        "record": "job:errors:ratio",
        "expr": "sum by (job) (rate(e_total[5m])) / sum by (job) (rate(r_total[5m]))",
    }
    proof = proved(record, {"alert": "A", "expr": 'job:errors:ratio{job="api"} > 0.1', "for": "5m"})
    assert proof.state is State.PROVED, proof.message
    assert [one["series"] for one in proof.inputs] == ['e_total{job="api"}', 'r_total{job="api"}']


@pytest.mark.parametrize(
    ("expr", "state"),
    [
        ("changes(x[5m]) <= Inf", State.PROVED),
        ("count(x) == Inf", State.OUT_OF_REACH),
        ("x ^ 0.001 > 10", State.OUT_OF_REACH),
    ],
)
def test_no_such_number(proved: Prover, expr: str, state: State) -> None:
    """A number that is too large, or no count of things, is out of reach, and no mistake."""
    assert proved({"alert": "A", "expr": expr}).state is state


def test_keeps_firing(proved: Prover) -> None:
    """`keep_firing_for` is lived through: the alert fires that much longer than its expression is true."""
    lives = [proved({"alert": "A", "expr": "x > 5", **more}).life for more in ({}, {"keep_firing_for": "10m"})]
    assert all(lives)
    lasting = [life.firing_until - life.last for life in lives if life]
    assert lasting[1] - lasting[0] == pytest.approx(600, abs=60)


def test_what_else_wakes_it(proved: Prover) -> None:
    """It is told that an alert fires at a counter reset, or without any series."""
    assert proved({"alert": "A", "expr": "delta(x_total[5m]) < 0"}).message.endswith("also fires at a counter reset")
    assert proved({"alert": "A", "expr": "absent(x)"}).message.endswith("also fires at no series")
