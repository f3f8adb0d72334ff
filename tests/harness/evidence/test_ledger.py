from __future__ import annotations

import math
from typing import Any

import pytest

from promdrill.contract import Contract
from promdrill.contract.records import Selection, Truth
from promdrill.evidence.ledger import AFTERWARDS, Ledgers, Observation, format_labels, label_set


def row(operation: str, trace: str, started: float, finished: float, **columns: object) -> dict[str, Any]:
    """Return one attempt as a fake's journal has it."""
    return {"operation": operation, "trace": trace, "started": started, "finished": finished, **columns}


# One put that was tried twice, a delete in the same trace, and a get in another one, which no client knows.
S3 = [
    row("o1", "t1", 1.0, 1.5, verb="put", outcome="error", bytes=0, key="a"),
    row("o1", "t1", 2.0, 2.5, verb="put", outcome="ok", bytes=100, key="a"),
    row("o2", "t1", 2.5, 2.75, verb="delete", outcome="ok", bytes=40, key="b"),
    row("o3", "t2", 5.0, 5.25, verb="get", outcome="ok", bytes=100, key="a"),
]
CLIENT = [row("t1", "t1", 0.5, 3.0, action="render", renderer="ffmpeg", at_least=90, decodable=True)]
LEDGERS = Ledgers({"s3": S3, "client": CLIENT})


def selection(**fields: object) -> Selection:
    """Return a selection from the s3 ledger."""
    return Selection.model_validate({"ledger": "s3", **fields})


def test_rows() -> None:
    """The rows of a ledger are its attempts; a ledger that is not there is empty."""
    assert LEDGERS.rows("s3") == tuple(S3)
    assert LEDGERS.rows("tts") == ()


@pytest.mark.parametrize(("unit", "count"), [("attempts", 4), ("operations", 3), ("traces", 2)])
def test_units(unit: str, count: int) -> None:
    """Attempts fold into operations, and operations into traces."""
    assert len(LEDGERS.select(selection(unit=unit))) == count


def test_operation() -> None:
    """An operation begins with its first attempt and has all else from its last."""
    assert LEDGERS.select(selection(where={"verb": "put"})) == [
        row("o1", "t1", 1.0, 2.5, verb="put", outcome="ok", bytes=100, key="a")
    ]


def test_trace() -> None:
    """A trace spans the operations that were selected, and no others."""
    spans = [(one["started"], one["finished"]) for one in LEDGERS.select(selection(unit="traces"))]
    assert spans == [(1.0, 2.75), (5.0, 5.25)]
    [only] = LEDGERS.select(selection(unit="traces", where={"verb": "delete"}))
    assert (only["started"], only["finished"]) == (2.5, 2.75)


def test_rows_without_an_operation_stand_alone() -> None:
    """Rows that name no operation are not one operation."""
    ledgers = Ledgers({"tts": [{"started": 1, "finished": 2}, {"operation": None, "started": 3, "finished": 4}]})
    assert len(ledgers.select(Selection(ledger="tts"))) == 2


def test_values() -> None:
    """A label has the metric's word for a column's value; a value that has none stands as it is."""
    called = selection(by={"operation": "verb"}, values={"operation": {"put": "write", "get": "read"}})
    assert LEDGERS.totals(called) == {
        label_set({"operation": "write"}): 1,
        label_set({"operation": "delete"}): 1,
        label_set({"operation": "read"}): 1,
    }


@pytest.mark.parametrize(
    ("where", "verbs"),
    [
        ({}, ["put", "delete", "get"]),
        ({"verb": ["put", "get"]}, ["put", "get"]),
        ({"verb": "put", "outcome": "error"}, []),
        ({"client.action": "render"}, ["put", "delete"]),
        ({"client.decodable": True}, ["put", "delete"]),
        ({"client.action": None}, ["get"]),
        ({"no_such_column": 1}, []),
    ],
)
def test_where(where: dict[str, Any], verbs: list[str]) -> None:
    """Rows are kept whose columns, or those of the client's request around them, have the values."""
    assert [one["verb"] for one in LEDGERS.select(selection(where=where))] == verbs


@pytest.mark.parametrize(
    ("fields", "totals"),
    [
        ({}, {(): 3}),
        ({"by": {"key": "key"}}, {(("key", "a"),): 2, (("key", "b"),): 1}),
        ({"sum": "bytes", "by": {"key": "key"}}, {(("key", "a"),): 200, (("key", "b"),): 40}),
        ({"unit": "attempts", "sum": "bytes", "where": {"verb": "put"}}, {(): 100}),
        ({"sum": "client.at_least", "where": {"verb": "put"}}, {(): 90}),
        ({"sum": "no_such_column"}, {(): 0}),
        (
            {"where": {"verb": ["put", "get"]}, "by": {"z": "client.renderer", "a": "verb"}},
            {(("a", "put"), ("z", "ffmpeg")): 1, (("a", "get"), ("z", "None")): 1},
        ),
        ({"where": {"verb": "list"}}, {}),
        ({"sum": ["bytes", "client.at_least"], "where": {"verb": "put"}}, {(): 190}),
        (
            {"by": {"key": "key"}, "fixed": {"kind": "x"}},
            {(("key", "a"), ("kind", "x")): 2, (("key", "b"), ("kind", "x")): 1},
        ),
        (
            {"sum": "bytes", "by": {"key": "key"}, "price": {"key": {"a": 0.5}}},
            {(("key", "a"),): 100, (("key", "b"),): 0},
        ),
        (
            {"by": {"key": "key"}, "less": {"ledger": "s3", "where": {"verb": "get"}, "by": {"key": "key"}}},
            {(("key", "a"),): 1, (("key", "b"),): 1},
        ),
        ({"less": {"ledger": "client", "sum": "at_least"}}, {(): -87}),
    ],
)
def test_totals(fields: dict[str, Any], totals: dict[Any, float]) -> None:
    """Rows are counted, or columns of them added up, priced and less others, for each label set that occurs."""
    assert LEDGERS.totals(selection(**fields)) == totals


def test_observations() -> None:
    """A duration lies between what the fake served and what the client waited: for ever, if no client knows of it."""
    assert LEDGERS.observations(selection(by={"verb": "verb"}), 1) == {
        (("verb", "put"),): [Observation(1.5, 2.5)],
        (("verb", "delete"),): [Observation(0.25, 2.5)],
        (("verb", "get"),): [Observation(0.25, math.inf)],
    }


def test_observations_of_the_client() -> None:
    """Of what the client waited, the rows that a fake has around it say how much was served; without any, nothing.

    What the app notes after its last byte is out can be a moment more.
    """
    client = Selection(ledger="client", by={"action": "action"})
    assert LEDGERS.observations(client.model_copy(update={"around": "s3"}), 2) == {
        (("action", "render"),): [Observation(3.5, 2 * (2.5 + AFTERWARDS))]
    }
    for around in (None, "tts"):
        assert LEDGERS.observations(client.model_copy(update={"around": around}), 2) == {
            (("action", "render"),): [Observation(0.0, 2 * (2.5 + AFTERWARDS))]
        }


def test_observations_of_a_number() -> None:
    """A number that the ledger holds is both bounds, whatever the clock."""
    assert LEDGERS.observations(selection(sum=["bytes", "no_such_column"], where={"verb": "delete"}), 60) == {
        (): [Observation(40, 40)]
    }


# A request that handed in two jobs: three rows of one trace, of which the first to finish is a job.
BATCH = Ledgers(
    {
        "client": [
            row("j1", "b", 1.0, 2.0, action="job"),
            row("b", "b", 0.5, 3.0, action="batch"),
            row("j2", "b", 1.0, 4.0, action="job"),
            {"started": 1.0, "finished": 2.0, "action": "alone"},
        ],
        "ollama": [row("o", "b", 1.5, 1.75)],
    }
)


def test_shared_trace() -> None:
    """Of rows that share a trace, the client's entry is the one whose operation it is."""
    assert BATCH.observations(Selection(ledger="ollama", by={"action": "client.action"}), 1) == {
        (("action", "batch"),): [Observation(0.25, 2.5)]
    }
    jobs = Selection(ledger="client", where={"action": "job"}, by={"batch": "client.action"})
    assert BATCH.observations(jobs, 1) == {
        (("batch", "batch"),): [Observation(0.0, 1 + AFTERWARDS), Observation(0.0, 3 + AFTERWARDS)]
    }


def test_observations_on_a_fast_clock() -> None:
    """Durations are seconds of the app's clock; a column that holds them is in such seconds already."""
    put = {"where": {"verb": "put"}}
    assert LEDGERS.observations(selection(**put), 60) == {(): [Observation(90.0, 150.0)]}
    assert LEDGERS.observations(selection(**put, seconds="client.at_least"), 60) == {(): [Observation(90.0, 150.0)]}


CONTRACT = Contract.model_validate(
    {
        "system": "shop",
        "documents": {},
        "metrics": {
            name: {"type": "counter", "witness": {"ledger": "s3", "by": {"key": "key"}, **more}, "source": "doc:1"}
            for name, more in (("done", {}), ("freed", {"where": {"verb": "delete"}}), ("bytes", {"sum": "bytes"}))
        },
    }
)


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ({"of": {"done": 1}}, {"a": 2, "b": 1}),
        ({"of": {"done": 1, "freed": -1}}, {"a": 2, "b": 0}),
        ({"of": {"bytes": 1}, "times": 0.5}, {"a": 100, "b": 20}),
        ({"of": {"bytes": 1}, "over": {"done": 1}}, {"a": 100, "b": 40}),
        ({"of": {"done": 1}, "over": {"freed": 1}}, {"b": 1}),
        ({"of": {"done": 1}, "where": {"key": "b"}}, {"b": 1}),
    ],
)
def test_truth(truth: dict[str, Any], expected: dict[str, float]) -> None:
    """A truth is a weighted sum of witnesses over another, label set by label set; what is 0 / 0 is left out."""
    found = LEDGERS.truth(Truth.model_validate(truth), CONTRACT)
    assert found == {(("key", key),): value for key, value in expected.items()}


def test_truth_of_what_nothing_counts() -> None:
    """A truth of a metric without a witness, which no contract is let through with, is an error."""
    unwitnessed = Contract.model_validate(
        {"system": "shop", "documents": {}, "metrics": {"busy": {"type": "gauge", "source": "doc:1"}}}
    )
    with pytest.raises(TypeError, match=r"^busy has no witness that counts"):
        LEDGERS.truth(Truth(of={"busy": 1}), unwitnessed)


def test_labels() -> None:
    """Labels are ordered text, shown as PromQL writes them."""
    assert label_set({"b": 1, "a": "x"}) == (("a", "x"), ("b", "1"))
    assert format_labels(label_set({"b": 1, "a": "x"})) == '{a="x", b="1"}'
    assert format_labels(()) == ""
