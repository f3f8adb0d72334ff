"""Witnesses: which rows of which ledger a metric is held against."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from promdrill.contract.names import LabelName
from promdrill.contract.record import Record
from promdrill.durations import Duration

Prices = Annotated[dict[LabelName, dict[str, float]], Field(min_length=1, max_length=1)]


class Selection(Record):
    """Which rows of a ledger bear witness, and what is read from them.

    Rows are the operations of a client (its retries folded into one), every wire attempt with `unit: attempts`, or one
    row for each trace with `unit: traces`. `where` keeps rows whose columns have these values; `by` maps labels to the
    columns that hold their values, `values` gives the metric's word for a value where it has another, and `fixed` gives
    labels that are always the same. Without `sum` rows are counted, with it that column, or those columns, are added
    up; `price` multiplies each amount by the price of its label's value; `less` is taken away. Columns of the client's
    own entry for the same trace are reached as `client.<column>`.

    A row lasts from its start to its finish, or no less than the column `seconds` says, in seconds of the app's clock,
    or no less than the rows that the ledger `around` has of the same trace.
    """

    ledger: str
    unit: Literal["attempts", "operations", "traces"] = "operations"
    where: dict[str, Any] = Field(default_factory=dict)
    by: dict[str, str] = Field(default_factory=dict)
    values: dict[LabelName, dict[str, str]] = Field(default_factory=dict)
    fixed: dict[LabelName, str] = Field(default_factory=dict)
    sum: str | tuple[str, ...] | None = None
    seconds: str | None = None
    around: str | None = None
    price: Prices | None = None
    less: Selection | None = None

    @property
    def sum_columns(self) -> tuple[str, ...]:
        """The columns that are added up; none where rows are counted."""
        return (self.sum,) if isinstance(self.sum, str) else self.sum or ()


class Live(Selection):
    """Rows that are live at a moment: from the column `since` to the column `until`, or from start to finish.

    With `distinct` rows of the same value count once, and stay for `window` on the app's calendar, or for ever; no more
    than `limit` of them.
    """

    since: str = "started"
    until: str = "finished"
    distinct: str | None = None
    window: Duration | None = None
    limit: int | None = Field(default=None, gt=0)


class Bounds(Record):
    """The two witnesses of a gauge: rows live during the whole scrape, and rows live at any moment of it."""

    at_least: Live
    at_most: Live
