"""Which tests are pure: all but those that start something."""

from __future__ import annotations

import pytest

# The fixtures that start fakes, apps, Locust, moto or promtool; what asks for one of them, itself or by another, asks
# for a process.
STARTING = {"fakes", "loaded", "moto", "promtool", "spawning", "starting"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that a fixture of theirs starts processes for."""
    for item in items:
        if isinstance(item, pytest.Function) and STARTING & set(item.fixturenames):
            item.add_marker("parts")
