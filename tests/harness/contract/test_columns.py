"""The columns that a contract may name are those that the fakes write."""

from __future__ import annotations

from promdrill import conventions
from promdrill_fakes.catalogue import SCHEMAS
from promdrill_fakes.journal import Attempt


def test_columns_of_the_fakes() -> None:
    """Each fake's ledger has the columns of every attempt and those of its own service, and no others."""
    every = {"seq", *Attempt._fields} - {"told"}
    assert {service: every | schema.columns.keys() for service, schema in SCHEMAS.items()} == conventions.COLUMNS
