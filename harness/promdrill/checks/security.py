"""The protected endpoint lets in who shows the token, Prometheus among them, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.evidence import Evidence
    from promdrill.model import Result

EXPECTED = {"nothing": 401, "wrong": 401, "right": 200}
SHOWN = {"nothing": "without a token", "wrong": "with a wrong one", "right": "with the right one"}


@check("security")
def security(evidence: Evidence) -> Iterator[Result]:
    """Without the token the answer is 401, with a wrong one too, with the right one 200, and scrapes succeed."""
    for promised in evidence.scenario.contract.security:
        claim = ResultsFor("security", promised.subject, evidence.scenario.source(promised.source))
        statuses = {shown: evidence.access.get(promised.endpoint, {}).get(shown) for shown in EXPECTED}
        good = sum(good for _, good in evidence.up)
        numbers = {"statuses": statuses, "scrapes": len(evidence.up), "good": good}
        differs = [shown for shown, status in EXPECTED.items() if statuses[shown] != status]
        if not evidence.scenario.drill.app.token:
            yield claim.inconclusive(
                "the drill has no token, so access cannot be tested",
                "set app.token in drill.yml, and give it to the app by the placeholder {token}",
                **numbers,
            )
        elif differs:
            what = [f"{SHOWN[one]} it answers {statuses[one] or 'nothing'}, not {EXPECTED[one]}" for one in differs]
            yield claim.failed(
                f"{promised.endpoint}: {'; '.join(what)}",
                "compare the bearer token before anything is collected, and answer 401 where it is missing or wrong",
                **numbers,
            )
        elif not good:
            yield claim.failed(
                f"{promised.endpoint} asks for the token, but none of Prometheus' {len(evidence.up)} scrapes succeeded",
                "set the token in `authorization` of the app's job in Prometheus' configuration",
                **numbers,
            )
        else:
            yield claim.passed(
                f"{promised.endpoint} answers 401 without the token and with a wrong one, 200 with it; {good:g} of"
                f" {len(evidence.up)} scrapes succeeded",
                **numbers,
            )
