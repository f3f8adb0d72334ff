"""Every response carries the documented headers, errors too; ids are unique, and one that was sent comes back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.responses import request_header, response_header, responses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promdrill.contract.records import Header
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import Row
    from promdrill.model import Result

FIRST_ERROR = 400


@check("header")
def header(evidence: Evidence) -> Iterator[Result]:
    """Each documented header is on every response in the client's ledger, and is not empty."""
    contract = evidence.scenario.contract
    answered = responses(evidence.ledgers)
    for promised in contract.headers:
        claim = ResultsFor("header", promised.header, evidence.scenario.source(promised.source))
        # What a client may choose, or what a trace is followed by, is an id.
        traced = contract.traces is not None and contract.traces.header.lower() == promised.header.lower()
        yield _judge(claim, promised, answered, unique=traced or promised.honoured)


def _judge(claim: ResultsFor, promised: Header, answered: Sequence[Row], *, unique: bool) -> Result:
    name = promised.header
    errors = sum(row["status"] >= FIRST_ERROR for row in answered)
    numbers = {"responses": len(answered), "errors": errors}
    lacking = [row for row in answered if not response_header(row, name)]
    if lacking:
        first = lacking[0]
        return claim.failed(
            f"{len(lacking)} of {len(answered)} responses have no {name}, the first to {first['action']} with status"
            f" {first['status']}",
            "set it in a middleware that wraps all others, so that error responses carry it too",
            lacking=len(lacking),
            **numbers,
        )
    asked = [row for row in answered if request_header(row, name)]
    changed = (
        [row for row in asked if response_header(row, name) != request_header(row, name)] if promised.honoured else []
    )
    if changed:
        first = changed[0]
        return claim.failed(
            f"{len(changed)} of {len(asked)} responses have another {name} than was sent:"
            f" {request_header(first, name)!r} came back as {response_header(first, name)!r}",
            "use the id of the request where it has one; make one only where it has none",
            changed=len(changed),
            **numbers,
        )
    counts = Counter(response_header(row, name) for row in answered if not request_header(row, name))
    repeated = {text: count for text, count in counts.items() if count > 1} if unique else {}
    if repeated:
        text, count = max(repeated.items(), key=lambda pair: pair[1])
        return claim.failed(
            f"{count} responses have the same {name}, {text!r}, but no request sent it",
            "make a new id for each request, not for each process, worker or connection",
            repeated=len(repeated),
            **numbers,
        )
    if not answered or not errors:
        return claim.inconclusive(
            f"{name}: the load got {len(answered)} responses, but none of them was an error",
            "make the users of the scenario send a request that the app refuses",
            **numbers,
        )
    if promised.honoured and not asked:
        return claim.inconclusive(
            f"{name}: no request of the load sent this header, so `honoured` cannot be tested",
            "make the users of the scenario send it",
            **numbers,
        )
    told = f", and the {len(asked)} that were sent came back" if promised.honoured else ""
    return claim.passed(f"{name} is on all {len(answered)} responses, {errors} errors among them{told}", **numbers)
