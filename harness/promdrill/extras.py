"""The parts of promdrill that are installed on request: `pip install 'promdrill[run]'`."""

from __future__ import annotations

import re
from importlib import metadata

from promdrill.errors import UsageError

DISTRIBUTION = "promdrill"
RUN, CONTAINERS, EXAMPLES = "run", "containers", "examples"
NAMED = 3


def require(extra: str, purpose: str) -> None:
    """Check that the libraries of an extra are installed; `purpose` is what needs them, as the subject of a sentence.

    What an extra consists of is read from the metadata of the installed distribution.

    Raises:
        UsageError: some are not installed; it says how to install them.
    """
    if absent := missing(extra):
        more = f" and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
        raise UsageError(
            f"{purpose} needs libraries that are not installed ({', '.join(absent[:NAMED])}{more}):"
            f" pip install '{DISTRIBUTION}[{extra}]'"
        )


def missing(extra: str) -> tuple[str, ...]:
    """Return the libraries of an extra that are not installed, in alphabetical order."""
    return tuple(sorted(name for name in _libraries(extra) if not _is_installed(name)))


def _libraries(extra: str) -> set[str]:
    """Return the names of an extra's libraries; without metadata, as in a bare checkout on the path, none are known."""
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return set()
    wanted = re.compile(rf"([\w.-]+).*;.*\bextra == ['\"]{extra}['\"]")
    return {found[1] for requirement in requirements if (found := wanted.match(requirement))}


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
