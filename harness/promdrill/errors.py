"""The errors that promdrill raises: one family, each with the exit code that it ends a run with."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(IntEnum):
    """The exit codes of every command, as documented in `docs/verdict.md`."""

    PASSED = 0
    FAILED = 1
    WRONG_USE = 2
    INCONCLUSIVE = 3


class PromdrillError(Exception):
    """Anything that promdrill tells a user and stops at; never a broken promise (that is a result)."""

    exit_code = Exit.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file that a user wrote: what, where, and what to do about it."""

    file: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" + (f"\n    {self.remedy}" if self.remedy else "")


class ContractError(PromdrillError):
    """A scenario folder that cannot be used; holds every problem found in it, not just the first."""

    exit_code = Exit.WRONG_USE

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        lines = "\n".join(str(problem) for problem in problems)
        super().__init__(f"{len(problems)} problem{'s' * (len(problems) != 1)} found, so nothing was started:\n{lines}")


class UsageError(PromdrillError):
    """A command that asks for something that is not there, or for nothing at all."""

    exit_code = Exit.WRONG_USE


class EvidenceError(PromdrillError):
    """Saved evidence that is missing, incomplete or unreadable."""

    exit_code = Exit.WRONG_USE


class StackError(PromdrillError):
    """A part of the stack did not start, died, or could not be found."""


class LoadError(PromdrillError):
    """The load generator failed to start, died, or did not do what it was asked."""


class LoadAbortedError(LoadError):
    """A threshold that says so ended the load; the message is the threshold."""


class DeadlineError(PromdrillError):
    """A deadline passed; the message holds the last observation."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question about the known name that is most like a wrong one, or nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
