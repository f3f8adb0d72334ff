"""The columns that a contract may name are those that the fakes write."""

from __future__ import annotations

from promdrill_fakes.catalogue import columns, services
from promdrill_fakes.journal import Attempt


def test_columns_of_the_fakes() -> None:
    """Each fake's ledger has the columns of every attempt and those of its own service, and no others."""
    every = {"seq", *Attempt._fields} - {"own_columns"}
    expected = {name: every | service.columns.keys() for name, service in services().items()}
    assert {name: columns(name) for name in services()} == expected
