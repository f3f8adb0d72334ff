"""What tests of all kinds share: which of them are pure, and how words are compared with snapshots."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.pure import leave_impure
from tests.words import Facts, PlainText, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syrupy.assertion import SnapshotAssertion

    from promdrill.model import Result
    from tests.words import FactsOf


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the quick suite."""
    parser.addoption("--pure", action="store_true", help="Leave each test where it would start a process.")


def pytest_configure(config: pytest.Config) -> None:
    """Have a test of the quick suite end as soon as it turns out not to be pure."""
    in_charge_of_workers = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    if config.getoption("--pure") and not in_charge_of_workers:
        sys.addaudithook(leave_impure)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The snapshots of the test, as plain text."""
    return snapshot.use_extension(PlainText)


@pytest.fixture
def facts(snapshot: SnapshotAssertion) -> FactsOf:
    """A way to compare the words of results with the test's snapshot, which returns the rest of them."""

    def facts(results: Iterable[Result], *sentences: str) -> list[Facts]:
        results = list(results)
        if results:  # without a result there is no word
            assert snapshot == "\n".join(
                paragraph(one.message, remedy=one.remedy, **{name: one.evidence[name] for name in sentences})
                for one in results
            )
        return [
            Facts(
                one.kind,
                one.subject,
                one.status,
                {name: value for name, value in one.evidence.items() if name not in sentences},
                one.source,
            )
            for one in results
        ]

    return facts
