"""What the fakes saw since a test began, and what by a contract's witness a metric should make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from promdrill.contract.witness import Selection
from promdrill.errors import UsageError, did_you_mean
from promdrill.evidence.ledger import CLIENT_COLUMN, Ledgers
from promdrill_fakes.catalogue import columns as ledger_columns
from promdrill_fakes.catalogue import fakes, names, services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.records import AnyMetric
    from promdrill.evidence.ledger import LabelSet, Row
    from promdrill.stack.fakes import FakesControl

Unit = Literal["attempts", "operations", "traces"]


class Ledger:
    """The ledgers of the fakes, which are empty when a test begins."""

    def __init__(self, control: FakesControl) -> None:
        self._control = control

    def rows(self, service: str, /, *, unit: Unit = "operations", **columns: object) -> list[Row]:
        """Return what a fake (`tts`: three of them) served, where columns have these values, or one of a list.

        A row is an operation, the client's retries folded into it; every attempt with `unit="attempts"`, or all that
        one request to the app caused with `unit="traces"`.
        """
        __tracebackhide__ = True
        if service not in names():
            raise UsageError(f"no fake is called {service!r}{did_you_mean(service, names())}: {', '.join(names())}")
        fake = fakes().get(service)
        ledger = fake.service.name if fake else service
        known = ledger_columns(ledger)
        for column in columns:
            if column not in known:
                raise UsageError(
                    f"the ledger of {service} has no column {column!r}{did_you_mean(column, known)}: "
                    + ", ".join(sorted(known))
                )
        selector = fake.selector if fake else {}
        return self._ledgers().select(Selection(ledger=ledger, unit=unit, where={**selector, **columns}))

    def count(self, service: str, /, *, unit: Unit = "operations", **columns: object) -> int:
        """Return how many `rows` there are."""
        __tracebackhide__ = True
        return len(self.rows(service, unit=unit, **columns))

    def witness_totals(self, promised: AnyMetric | None) -> dict[LabelSet, float] | None:
        """Return the totals that a counter should have grown by, as the contract says: None where no fake knows."""
        witness = promised.witness if promised and promised.type == "counter" else None
        if not isinstance(witness, Selection) or not all(_a_fakes(one) for one in _chain(witness)):
            return None
        return self._ledgers().totals(witness)

    def _ledgers(self) -> Ledgers:
        return Ledgers(self._control.rows_by_service())


def _chain(witness: Selection) -> Iterator[Selection]:
    yield witness
    if witness.less:
        yield from _chain(witness.less)


def _a_fakes(witness: Selection) -> bool:
    read: list[Any] = [*witness.where, *witness.by.values(), *witness.sum_columns]
    return witness.ledger in services() and not any(column.startswith(CLIENT_COLUMN) for column in read)
