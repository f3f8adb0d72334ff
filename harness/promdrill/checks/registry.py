"""How a check makes itself known, and how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promdrill.model import Result, Source, Status

if TYPE_CHECKING:
    from promdrill.evidence import Evidence
    from promdrill.evidence.prometheus_api import QueryError

Check = Callable[["Evidence"], Iterator[Result]]

CHECKS: dict[str, Check] = {}


def check(slug: str) -> Callable[[Check], Check]:
    """Register a check; module, test and page `docs/checks/<slug>.md` have its name."""

    def register(function: Check) -> Check:
        CHECKS[slug] = function
        return function

    return register


@dataclass(frozen=True, slots=True)
class ResultsFor:
    """One claim under examination: what its results have in common."""

    kind: str
    subject: str
    source: Source | None = None

    def passed(self, message: str, **evidence: Any) -> Result:  # noqa: ANN401 - evidence is JSON
        """The promise holds."""
        return Result(self.kind, self.subject, Status.PASSED, message, evidence, self.source)

    def failed(self, message: str, remedy: str, **evidence: Any) -> Result:  # noqa: ANN401 - evidence is JSON
        """The promise is broken; `remedy` says what to do."""
        return Result(self.kind, self.subject, Status.FAILED, message, evidence, self.source, remedy)

    def refused(self, error: QueryError, expression: str = "") -> Result:
        """Prometheus does not take the expression, which is the subject where none is given."""
        message = f"{self.subject}: Prometheus refuses {expression or 'it'}: {error}"
        return self.failed(message, "correct the expression", error=str(error))

    def unwitnessed(self) -> Result:
        """Nothing but the app itself says what the subject is to be."""
        message = f"{self.subject} is unwitnessed: the contract names no ledger for it"
        return self.inconclusive(message, "give it a witness, or a waiver with the reason why it cannot have one")

    def inconclusive(self, message: str, remedy: str, **evidence: Any) -> Result:  # noqa: ANN401 - evidence is JSON
        """It could not be seen whether the promise holds."""
        return Result(self.kind, self.subject, Status.INCONCLUSIVE, message, evidence, self.source, remedy)
