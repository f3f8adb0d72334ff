"""What tests of all kinds share: which of them are pure, and how words are compared with snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.words import Facts, PlainText, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syrupy.assertion import SnapshotAssertion

    from promdrill.model import Result
    from tests.words import FactsOf


# The fixtures that start fakes, apps, Locust, moto or promtool; what asks for one of them, itself or by another, asks
# for a process.
STARTING = {"fakes", "loaded", "moto", "promtool", "spawning", "starting"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that a fixture of theirs starts processes for."""
    for item in items:
        if isinstance(item, pytest.Function) and STARTING & set(item.fixturenames):
            item.add_marker("parts")


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
