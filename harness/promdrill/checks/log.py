"""The app's log is JSON lines with the documented fields and levels, and what is secret never reaches it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.conventions import CLIENT_LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promdrill.contract.telemetry import Logs, NamesClaim, Secrets, TextClaim
    from promdrill.evidence import Evidence
    from promdrill.evidence.applog import Line
    from promdrill.model import Result

# The fields that are known by name.
TIMESTAMP, LEVEL = "timestamp", "level"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
LEAST_LEVELS = 2
# As much of a line as a message quotes.
QUOTED = 80


@check("log")
def log(evidence: Evidence) -> Iterator[Result]:
    """The log is there and parses, each line has its fields and a documented level, and no planted secret is in it."""
    promised = evidence.scenario.contract.logs
    if promised is None:
        return
    yield _file(_claim(evidence, promised.file), promised, evidence.log)
    lines = [line for line in evidence.log or () if not line.problem]
    yield _fields(_claim(evidence, promised.fields), promised.fields, lines)
    yield _levels(_claim(evidence, promised.levels), promised.levels, lines)
    yield _secrets(_claim(evidence, promised.secrets), promised.secrets, evidence)


def _claim(evidence: Evidence, said: TextClaim) -> ResultsFor:
    return ResultsFor("log", said.subject, evidence.scenario.source(said.source))


def _file(claim: ResultsFor, promised: Logs, lines: Sequence[Line] | None) -> Result:
    if not lines:
        what = "is empty" if lines is not None else "was not written"
        return claim.failed(
            f"{promised.path} {what}: the app logged nothing there below its working folder",
            "configure the file where the document says, relative to the working folder, and create its folder",
            lines=0,
        )
    torn = [line for line in lines if line.problem]
    if torn:
        return claim.failed(
            f"{len(torn)} of {len(lines)} lines of {promised.path} are not one JSON object, the first is line"
            f" {torn[0].number}, {torn[0].text[:QUOTED]!r}: {torn[0].problem}",
            "give every logger the JSON formatter, those of libraries and of the server too; put tracebacks in a field",
            line=torn[0].number,
            torn=len(torn),
            lines=len(lines),
        )
    return claim.passed(f"{promised.path}: {len(lines)} lines, each one JSON object", lines=len(lines))


def _fields(claim: ResultsFor, promised: NamesClaim, lines: Sequence[Line]) -> Result:
    if not lines:
        return _unread(claim)
    lacking = Counter(name for line in lines for name in promised.names if name not in line.fields)
    if lacking:
        what = ", ".join(f"{name} in {count}" for name, count in lacking.most_common())
        return claim.failed(
            f"of {len(lines)} log lines some lack documented fields: {what}",
            "let the formatter write every field on every line, null where there is no value",
            lacking=dict(lacking),
            lines=len(lines),
        )
    times = [line for line in lines if not _is_time(line.fields.get(TIMESTAMP))]
    if TIMESTAMP in promised.names and times:
        return claim.failed(
            f"{len(times)} of {len(lines)} log lines have no RFC 3339 {TIMESTAMP}, the first is line {times[0].number}:"
            f" {times[0].fields[TIMESTAMP]!r}",
            "write the time as 2026-01-28T15:30:00Z, with its zone",
            line=times[0].number,
            lines=len(lines),
        )
    empty = [name for name in promised.names if all(line.fields[name] in (None, "") for line in lines)]
    if empty:
        return claim.failed(
            f"of {len(lines)} log lines none has a value for {', '.join(empty)}",
            "bind the field to the context as soon as its value is known",
            empty=empty,
            lines=len(lines),
        )
    return claim.passed(f"{len(lines)} log lines, each with {len(promised.names)} fields", lines=len(lines))


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not RFC_3339.fullmatch(value):
        return False
    try:
        dt.datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


def _levels(claim: ResultsFor, promised: NamesClaim, lines: Sequence[Line]) -> Result:
    if not lines:
        return _unread(claim)
    counts = Counter(str(line.fields.get(LEVEL)) for line in lines)
    if unknown := sorted(counts.keys() - set(promised.names)):
        return claim.failed(
            f"log lines have levels that no document names: {', '.join(unknown)}",
            f"write the level as one of {', '.join(promised.names)}",
            levels=dict(counts),
        )
    if len(counts) < LEAST_LEVELS:
        return claim.inconclusive(
            f"all {len(lines)} log lines have the level {next(iter(counts))}: nothing else happened",
            "make the users or the faults of the scenario cause a warning",
            levels=dict(counts),
        )
    what = ", ".join(f"{level} {count}" for level, count in counts.most_common())
    return claim.passed(f"levels of {len(lines)} log lines: {what}", levels=dict(counts))


def _secrets(claim: ResultsFor, promised: Secrets, evidence: Evidence) -> Result:
    lines = evidence.log
    planted = sum(bool(row.get("planted")) for row in evidence.ledgers.rows(CLIENT_LEDGER))
    leaks = [
        (secret, line)
        for secret in promised.planted
        for line in lines or ()
        if secret in line.text or json.dumps(secret)[1:-1] in line.text
    ]
    if leaks:
        secret, line = leaks[0]
        return claim.failed(
            f"the log has secrets that clients sent, {len(leaks)} times: {secret!r} on line {line.number}",
            "log ids and sizes, not what users send; redact in the logging pipeline, before the formatter",
            line=line.number,
            leaks=len(leaks),
            secrets=sorted({secret for secret, _ in leaks}),
        )
    if not lines:
        return _unread(claim)
    if not planted:
        return claim.inconclusive(
            "no request of the load is marked `planted`, so the log cannot be searched for secrets",
            "make the users of the scenario send the planted texts, with `planted` in the context of the request",
            planted=0,
        )
    return claim.passed(
        f"{len(promised.planted)} secrets sent in {planted} requests, none of them in {len(lines)} log lines",
        planted=planted,
    )


def _unread(claim: ResultsFor) -> Result:
    return claim.inconclusive("the log has no readable line", "see the log file's own result", lines=0)
