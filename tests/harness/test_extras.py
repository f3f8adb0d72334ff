"""What is said where the libraries of an extra are not installed."""

from __future__ import annotations

from importlib import metadata

import pytest

from promdrill import extras
from promdrill.errors import UsageError

REQUIREMENTS = [
    "click>=8.1",
    "aiohttp>=3.12; extra == 'run'",
    "not-there.one>=0.31; extra == 'run'",
    "also_not_there>=0.21; (platform_system != 'Windows') and extra == 'run'",
    'docker>=7.1; extra == "containers"',
    "missing-1; extra == 'examples'",
    "missing-2; extra == 'examples'",
    "missing-3; extra == 'examples'",
    "missing-4; extra == 'examples'",
    "missing-5; extra == 'examples'",
]


@pytest.fixture
def _described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _: REQUIREMENTS)


@pytest.mark.usefixtures("_described")
def test_missing_libraries_are_named_with_what_installs_them() -> None:
    """An extra that lacks libraries is refused as wrong use: who needs it, what is missing, how to install it."""
    with pytest.raises(UsageError) as raised:
        extras.require("run", "a load")
    assert str(raised.value) == (
        "a load needs libraries that are not installed (also_not_there, not-there.one): pip install 'promdrill[run]'"
    )


@pytest.mark.usefixtures("_described")
def test_many_missing_libraries_are_counted() -> None:
    """Of many, the first are named and the others counted."""
    with pytest.raises(UsageError, match=r"\(missing-1, missing-2, missing-3 and 2 more\)"):
        extras.require("examples", "the app")


@pytest.mark.usefixtures("_described")
def test_an_extra_that_is_there() -> None:
    """An extra whose libraries are all installed lacks nothing, whatever others lack."""
    assert extras.missing("containers") == ()
    extras.require("containers", "a stack")


def test_a_checkout_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where promdrill itself is not installed, no library is known to be missing."""

    def none(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", none)
    assert extras.missing("run") == ()
