"""What the fakes and the load generator saw happen, and how a contract's witnesses are read from it.

A row is one entry of a journal, a flat mapping: `docs/fakes.md` describes those of the fakes, and
`harness/promdrill/load/user.py` writes those of the clients. Times are `time.monotonic()` seconds of one machine.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from promdrill.contract.witness import Selection
from promdrill.conventions import CLIENT_LEDGER
from promdrill_fakes.catalogue import services

if TYPE_CHECKING:
    from promdrill.contract.errata import Truth
    from promdrill.contract.records import Contract

Row = Mapping[str, Any]
LabelSet = tuple[tuple[str, str], ...]
CLIENT_COLUMN = f"{CLIENT_LEDGER}."
# An app that measures or counts whole requests notes their end once the last byte is out. The client can have its
# answer before that, by as long as a busy machine lets the app wait for its next turn: in seconds.
AFTERWARDS = 0.05


def label_set(labels: Mapping[str, object]) -> LabelSet:
    """Return labels as a hashable, ordered key."""
    return tuple(sorted((name, str(value)) for name, value in labels.items()))


def format_labels(labels: LabelSet) -> str:
    """Return labels as PromQL writes them: `{model="x"}`, or nothing where there are none."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else ""


class Observation(NamedTuple):
    """The two bounds of what an app observed: `served <= app <= waited`, in seconds; a number itself is both."""

    served: float
    waited: float


class Ledgers:
    """All ledgers of one run, each a sequence of rows in order of finishing."""

    def __init__(self, rows: Mapping[str, Iterable[Row]]) -> None:
        self._attempts = {name: tuple(rows.get(name, ())) for name in (*services(), CLIENT_LEDGER)}
        self._operations = {name: _operations(attempts) for name, attempts in self._attempts.items()}
        # Several rows can share a trace: the jobs of a batch have that of the request which handed them in.
        self._client = {
            row["trace"]: row
            for row in self._attempts[CLIENT_LEDGER]
            if row.get("trace") and row["trace"] == row.get("operation")
        }

    @cached_property
    def _spans(self) -> Mapping[str, Mapping[str, Row]]:
        """One row for each trace of each ledger, from its first start to its last finish."""
        return {
            name: {row["trace"]: row for row in _fold(rows, "trace") if row.get("trace")}
            for name, rows in self._attempts.items()
        }

    def rows(self, name: str) -> tuple[Row, ...]:
        """Return every wire attempt of one ledger."""
        return self._attempts[name]

    def select(self, selection: Selection) -> list[Row]:
        """Return the rows that a selection means, one for each attempt, operation or trace."""
        source = self._attempts if selection.unit == "attempts" else self._operations
        rows = [row for row in source[selection.ledger] if self._matches(row, selection.where)]
        return _fold(rows, "trace") if selection.unit == "traces" else rows

    def totals(self, selection: Selection) -> dict[LabelSet, float]:
        """Return the count of rows, or the sum of columns, for each label set that occurs: priced, and less another."""
        totals: dict[LabelSet, float] = defaultdict(float)
        for row in self.select(selection):
            totals[self.labels(row, selection)] += self.amount(row, selection)
        for labels, amount in self.totals(selection.less).items() if selection.less else ():
            totals[labels] -= amount
        return dict(totals)

    def amount(self, row: Row, selection: Selection) -> float:
        """Return what one row adds: 1, or the sum of its columns, times the price of its label's value if there is one.

        A value that has no price costs nothing.
        """
        amount = sum(self.column(row, column) or 0 for column in selection.sum_columns) if selection.sum_columns else 1
        labels = dict(self.labels(row, selection))
        return math.prod((amount, *(prices.get(labels[label], 0) for label, prices in (selection.price or {}).items())))

    def observations(self, selection: Selection, clock_rate: float) -> dict[LabelSet, list[Observation]]:
        """Return, for each label set, the bounds of what the app observed of each row.

        Durations are in seconds of the app's clock, which runs at `clock_rate`; with `sum` the number itself is known.
        """
        observations: dict[LabelSet, list[Observation]] = defaultdict(list)
        for row in self.select(selection):
            observation = self._duration(row, selection, clock_rate)
            if selection.sum_columns:
                observation = Observation(*[self.amount(row, selection)] * 2)
            observations[self.labels(row, selection)].append(observation)
        return dict(observations)

    def _duration(self, row: Row, selection: Selection, clock_rate: float) -> Observation:
        """Return how long a row was served and how long a client waited around it: for ever, if none is known.

        A row of the client's own says how long it waited; how long it was served, only the ledger `around` knows.
        """
        trace = str(row.get("trace"))
        if selection.ledger == CLIENT_LEDGER:
            served, waited = 0.0, _seconds(row) + AFTERWARDS
        else:
            served, waited = _seconds(row), _seconds(self._client.get(trace), otherwise=math.inf)
        if selection.around:
            served = _seconds(self._spans[selection.around].get(trace))
        least = float(self.column(row, selection.seconds) or 0) if selection.seconds else served * clock_rate
        return Observation(least, waited * clock_rate)

    def truth(self, truth: Truth, contract: Contract) -> dict[LabelSet, float]:
        """Return the number that a truth means, for each label set of its metrics; 0 / 0 is left out."""
        above = self._sum_terms(truth.of, contract, truth.where)
        below = self._sum_terms(truth.over, contract, truth.where)
        if not truth.over:
            return {labels: truth.times * value for labels, value in above.items()}
        return {
            labels: truth.times * value / below[labels] for labels, value in above.items() if below.get(labels, 0) != 0
        }

    def _sum_terms(
        self, terms: Mapping[str, float], contract: Contract, where: Mapping[str, str]
    ) -> dict[LabelSet, float]:
        total: dict[LabelSet, float] = defaultdict(float)
        for name, weight in terms.items():
            witness = contract.metrics[name].witness
            if not isinstance(witness, Selection):
                raise TypeError(f"{name} has no witness that counts: a contract that needs one is refused")
            for labels, value in self.totals(witness).items():
                if where.items() <= dict(labels).items():
                    total[labels] += weight * value
        return dict(total)

    def _matches(self, row: Row, where: Mapping[str, Any]) -> bool:
        return all(
            self.column(row, column) in (wanted if isinstance(wanted, list | tuple) else (wanted,))
            for column, wanted in where.items()
        )

    def labels(self, row: Row, selection: Selection) -> LabelSet:
        """Return the labels under which a row counts."""
        read = {label: str(self.column(row, name)) for label, name in selection.by.items()}
        called = {label: selection.values.get(label, {}).get(value, value) for label, value in read.items()}
        return label_set({**selection.fixed, **called})

    def request_of(self, row: Row) -> Row | None:
        """Return the client's entry for a row's trace, if there is one."""
        return self._client.get(str(row.get("trace")))

    def column(self, row: Row, name: str) -> Any:  # noqa: ANN401 - a ledger holds text, numbers, booleans and null
        """Return a column of a row, or with `client.` that of the client's entry for its trace; None if it lacks it."""
        if name.startswith(CLIENT_COLUMN):
            return self._client.get(row.get("trace"), {}).get(name.removeprefix(CLIENT_COLUMN))
        return row.get(name)


def _seconds(row: Row | None, otherwise: float = 0.0) -> float:
    return row["finished"] - row["started"] if row else otherwise


def _operations(attempts: Iterable[Row]) -> tuple[Row, ...]:
    """Fold the attempts of each operation into one row: the first one's start, all else from the last."""
    return tuple(_fold(attempts, "operation"))


def _fold(rows: Iterable[Row], column: str) -> list[Row]:
    groups: dict[Any, list[Row]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row.get(column) or ("alone", index), []).append(row)
    return [
        {
            **group[-1],
            "started": min(row["started"] for row in group),
            "finished": max(row["finished"] for row in group),
        }
        for group in groups.values()
    ]
