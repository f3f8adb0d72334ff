"""One request, one trace id: on its response, on every log line of it, and on every call that it made."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from promdrill.checks.registry import ResultsFor, check
from promdrill.conventions import CLIENT_LEDGER
from promdrill.evidence.responses import most_at_once, response_header, responses
from promdrill_fakes.catalogue import services

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from promdrill.contract.telemetry import TextClaim, Traces
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import Row
    from promdrill.model import Result

# The log field with the id that the client sends as X-Request-ID, which is the trace of every ledger.
REQUEST_FIELD = "request_id"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one log line or one call says of itself: whose request it belongs to, and which trace id it carries."""

    place: str
    request: str
    trace: str


@dataclass(frozen=True)
class Followed:
    """All that there is to follow: the trace id of each response by its request, the log lines, and the calls."""

    responses: Sequence[Row]
    ids: Mapping[str, str]
    lines: Sequence[Mark]
    calls: Sequence[Mark]
    most_at_once: int


@check("trace")
def trace(evidence: Evidence) -> Iterator[Result]:
    """From the trace id of each response all and only its request's log lines and calls are found."""
    promised = evidence.scenario.contract.traces
    if promised is None:
        return
    followed = _follow(evidence, promised)
    yield _one(_claim(evidence, promised.one), promised, followed)
    yield _lines(_claim(evidence, promised.lines), promised, followed)
    yield _calls(_claim(evidence, promised.calls), promised, followed)
    yield _journey(_claim(evidence, promised.journey), promised, followed)


def _claim(evidence: Evidence, said: TextClaim) -> ResultsFor:
    return ResultsFor("trace", said.subject, evidence.scenario.source(said.source))


def _follow(evidence: Evidence, promised: Traces) -> Followed:
    answered = responses(evidence.ledgers)
    clients = evidence.ledgers.rows(CLIENT_LEDGER)
    begun = min((row["started"] for row in clients), default=0.0)
    return Followed(
        responses=answered,
        ids={row["trace"]: text for row in answered if (text := response_header(row, promised.header))},
        lines=[
            _mark(f"log line {line.number}", line.fields, REQUEST_FIELD, promised.field) for line in evidence.log or ()
        ],
        # What an app calls while it starts belongs to no request.
        calls=[
            _mark(f"call {row.get('seq')} of {name}", row, "trace", "trace_id")
            for name in services()
            for row in evidence.ledgers.rows(name)
            if row["started"] >= begun
        ],
        most_at_once=most_at_once(answered),
    )


def _mark(place: str, fields: Mapping[str, Any], request: str, trace_id: str) -> Mark:
    return Mark(place, str(fields.get(request) or ""), str(fields.get(trace_id) or ""))


def _one(claim: ResultsFor, promised: Traces, followed: Followed) -> Result:
    header, ids = promised.header, followed.ids
    numbers = {"responses": len(followed.responses), "at_once": followed.most_at_once}
    lacking = len(followed.responses) - len(ids)
    if lacking:
        return claim.failed(
            f"{lacking} of {len(followed.responses)} responses have no {header}: they cannot be followed",
            "set it in a middleware that wraps all others",
            lacking=lacking,
            **numbers,
        )
    shared = {text: count for text, count in Counter(ids.values()).items() if count > 1}
    if shared:
        text, count = max(shared.items(), key=lambda pair: pair[1])
        return claim.failed(
            f"{count} responses have the same {header}, {text!r}",
            "make a new id for each request, and keep it in a context variable",
            shared=len(shared),
            **numbers,
        )
    owners = set(ids.values())
    marked = [mark for mark in followed.lines if mark.request and mark.trace]
    known = [mark for mark in marked if mark.request in ids or mark.trace in owners]
    mixed = [mark for mark in known if ids.get(mark.request) != mark.trace]
    if mixed:
        return _confusion(claim, "log lines", mixed, known, ids)
    if not known:
        return claim.inconclusive(
            f"no log line carries both {REQUEST_FIELD} and {promised.field} of a request of the load",
            "honour X-Request-ID and write both ids on each line",
            **numbers,
        )
    if followed.most_at_once < promised.concurrency:
        return claim.inconclusive(
            f"at most {followed.most_at_once} requests were open at the same time; the check needs"
            f" {promised.concurrency}",
            "give the scenario more users at once, or a slower fake",
            needed=promised.concurrency,
            **numbers,
        )
    return claim.passed(
        f"{len(ids)} responses, each with a {header} of its own; {len(known)} log lines pair it with the right request,"
        f" {followed.most_at_once} at once",
        lines=len(known),
        **numbers,
    )


def _lines(claim: ResultsFor, promised: Traces, followed: Followed) -> Result:
    known = [mark for mark in followed.lines if mark.request in followed.ids]
    wrong = [mark for mark in known if mark.trace != followed.ids[mark.request]]
    if wrong:
        return _confusion(claim, "log lines", wrong, known, followed.ids)
    if not known:
        return claim.inconclusive(
            f"no log line has the {REQUEST_FIELD} of a request of the load",
            "honour X-Request-ID and write it on each line",
            lines=len(followed.lines),
        )
    return claim.passed(
        f"{len(known)} log lines of requests, each with the {promised.field} of its response", lines=len(known)
    )


def _calls(claim: ResultsFor, promised: Traces, followed: Followed) -> Result:
    bare = [mark for mark in followed.calls if not mark.trace]
    if bare:
        return claim.failed(
            f"{len(bare)} of {len(followed.calls)} calls to other services carry no {promised.header}, the first is"
            f" {bare[0].place}",
            "pass the trace id on as a header with every call, by a hook of the HTTP client",
            bare=len(bare),
            calls=len(followed.calls),
        )
    known = [mark for mark in followed.calls if mark.request in followed.ids]
    wrong = [mark for mark in known if mark.trace != followed.ids[mark.request]]
    if wrong:
        return _confusion(claim, "calls", wrong, known, followed.ids)
    if not known:
        return claim.inconclusive(
            "no call to another service belongs to a request of the load",
            "pass X-Request-ID on with every call, and make the users cause some calls",
            calls=len(followed.calls),
        )
    return claim.passed(
        f"{len(known)} calls to other services carry the {promised.header} of their response", calls=len(known)
    )


def _journey(claim: ResultsFor, promised: Traces, followed: Followed) -> Result:
    """Follow each response by its trace id, as a reader of the log would, and compare with what its request did."""
    ids = followed.ids
    lost, strange, found = set[str](), set[str](), Counter[str]()
    for what, marks in (("log lines", followed.lines), ("calls", followed.calls)):
        by_trace, by_request = _places(marks, "trace"), _places(marks, "request")
        for request, text in ids.items():
            lost |= by_request[request] - by_trace[text]
            strange |= by_trace[text] - by_request[request]
        found[what] = sum(len(by_trace[text]) for text in ids.values())
    logged = {mark.trace for mark in followed.lines}
    dark = {request for request, text in ids.items() if text not in logged}
    if not ids:
        return claim.inconclusive(
            f"no response has {promised.header}: there is nothing to follow", "see the header's own result", responses=0
        )
    if lost or strange or dark:
        return claim.failed(
            f"from {len(ids)} responses by their {promised.header}: {len(lost)} log lines and calls of their requests"
            f" are not found{_first(lost)}, {len(strange)} of others are{_first(strange)}, {len(dark)} requests left no"
            f" log line{_first(dark)}",
            "log each request at least once, and carry its ids to all that is done for it, in the background too",
            lost=len(lost),
            strange=len(strange),
            dark=len(dark),
            responses=len(ids),
        )
    if not found["calls"]:
        return claim.inconclusive(
            "no call to another service belongs to a response of the load, so there is nothing to follow",
            "make the users cause calls",
            responses=len(ids),
        )
    return claim.passed(
        f"from {len(ids)} responses, each {promised.header} finds all and only its request's {found['log lines']} log"
        f" lines and {found['calls']} calls",
        responses=len(ids),
        lines=found["log lines"],
        calls=found["calls"],
    )


def _places(marks: Iterable[Mark], id_: Literal["request", "trace"]) -> Mapping[str, set[str]]:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for mark in marks:
        places[getattr(mark, id_)].add(mark.place)
    return places


def _first(places: Collection[str]) -> str:
    return f" (the first: {min(places, key=lambda place: (len(place), place))})" if places else ""


def _confusion(
    claim: ResultsFor, what: str, wrong: Sequence[Mark], known: Sequence[Mark], ids: Mapping[str, str]
) -> Result:
    first = wrong[0]
    return claim.failed(
        f"{len(wrong)} of {len(known)} {what} carry another trace id than the response to their request, or none:"
        f" {first.place} of request {first.request} has {first.trace!r}, the response {ids.get(first.request)!r}",
        "keep ids in context variables, set for each request, never in a global; give tasks a copy of the context",
        wrong=len(wrong),
        known=len(known),
        first=first.place,
    )
