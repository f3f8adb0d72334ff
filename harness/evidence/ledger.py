"""What the fakes and the load generator saw happen, and how a contract's witnesses are read from it.

A row is one entry of a journal, a flat mapping: `docs/fakes.md` describes those of the fakes, and
`harness/load/user.py` writes those of the clients. Times are `time.monotonic()` seconds of one machine.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.conventions import CLIENT_LEDGER, FAKE_LEDGERS

if TYPE_CHECKING:
    from harness.contract.records import Contract, Selection, Truth

Row = Mapping[str, Any]
LabelSet = tuple[tuple[str, str], ...]
CLIENT_COLUMN = f"{CLIENT_LEDGER}."


def label_set(labels: Mapping[str, object]) -> LabelSet:
    """Return labels as a hashable, ordered key."""
    return tuple(sorted((name, str(value)) for name, value in labels.items()))


def shown(labels: LabelSet) -> str:
    """Return labels as PromQL writes them: `{model="x"}`, or nothing where there are none."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else ""


class Observation(NamedTuple):
    """The two bounds of one duration that an app measured: `served <= app <= waited`, in seconds."""

    served: float
    waited: float


class Ledgers:
    """All ledgers of one run, each a sequence of rows in order of finishing."""

    def __init__(self, rows: Mapping[str, Iterable[Row]]) -> None:
        self._attempts = {name: tuple(rows.get(name, ())) for name in (*FAKE_LEDGERS, CLIENT_LEDGER)}
        self._operations = {name: _operations(attempts) for name, attempts in self._attempts.items()}
        self._client = {row.get("trace"): row for row in self._attempts[CLIENT_LEDGER]}

    def rows(self, name: str) -> tuple[Row, ...]:
        """Return every wire attempt of one ledger."""
        return self._attempts[name]

    def selected(self, selection: Selection) -> list[Row]:
        """Return the rows that a selection means, one for each attempt, operation or trace."""
        source = self._attempts if selection.unit == "attempts" else self._operations
        rows = [row for row in source[selection.ledger] if self._matches(row, selection.where)]
        return _folded(rows, "trace") if selection.unit == "traces" else rows

    def totals(self, selection: Selection) -> dict[LabelSet, float]:
        """Return the count of rows, or the sum of a column, for each label set that occurs."""
        totals: dict[LabelSet, float] = defaultdict(float)
        for row in self.selected(selection):
            amount = 1 if selection.sum is None else self._column(row, selection.sum) or 0
            totals[self._labels(row, selection)] += amount
        return dict(totals)

    def observations(self, selection: Selection, clock_rate: float) -> dict[LabelSet, list[Observation]]:
        """Return, for each label set, how long each row lasted and how long the client waited around it.

        Both in seconds of the app's clock, which runs at `clock_rate`; one whose trace no client knows waited forever.
        """
        observations: dict[LabelSet, list[Observation]] = defaultdict(list)
        for row in self.selected(selection):
            served = (row["finished"] - row["started"]) * clock_rate
            if selection.seconds:
                served = float(self._column(row, selection.seconds) or 0)
            client = self._client.get(row.get("trace"))
            waited = (client["finished"] - client["started"]) * clock_rate if client else math.inf
            observations[self._labels(row, selection)].append(Observation(served, waited))
        return dict(observations)

    def truth(self, truth: Truth, contract: Contract) -> dict[LabelSet, float]:
        """Return the number that a truth means, for each label set of its metrics; 0 / 0 is left out."""
        above = self._weighted(truth.of, contract, truth.where)
        below = self._weighted(truth.over, contract, truth.where)
        if not truth.over:
            return {labels: truth.times * value for labels, value in above.items()}
        return {
            labels: truth.times * value / below[labels] for labels, value in above.items() if below.get(labels, 0) != 0
        }

    def _weighted(
        self, terms: Mapping[str, float], contract: Contract, where: Mapping[str, str]
    ) -> dict[LabelSet, float]:
        total: dict[LabelSet, float] = defaultdict(float)
        for name, weight in terms.items():
            for labels, value in self.totals(contract.metrics[name].witness).items():
                if where.items() <= dict(labels).items():
                    total[labels] += weight * value
        return dict(total)

    def _matches(self, row: Row, where: Mapping[str, Any]) -> bool:
        return all(
            self._column(row, column) in (wanted if isinstance(wanted, list | tuple) else (wanted,))
            for column, wanted in where.items()
        )

    def _labels(self, row: Row, selection: Selection) -> LabelSet:
        return label_set({label: self._column(row, column) for label, column in selection.by.items()})

    def _column(self, row: Row, column: str) -> Any:  # noqa: ANN401 - a ledger holds text, numbers, booleans and null
        if column.startswith(CLIENT_COLUMN):
            return self._client.get(row.get("trace"), {}).get(column.removeprefix(CLIENT_COLUMN))
        return row.get(column)


def _operations(attempts: Iterable[Row]) -> tuple[Row, ...]:
    """Fold the attempts of each operation into one row: the first one's start, all else from the last."""
    return tuple(_folded(attempts, "operation"))


def _folded(rows: Iterable[Row], column: str) -> list[Row]:
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
