"""The verdict as JSON, laid down in `docs/verdict.md`: to it, from it, and into a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from promdrill.errors import EvidenceError
from promdrill.model import AlertLife, Coverage, Deadline, LoadSummary, Result, Source, Status, Verdict, VirtualLife
from promdrill.report import atomic
from promdrill.report.wording import overall

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1


def to_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON values only.

    Evidence that JSON cannot hold is put into words: NaN and infinities as Prometheus writes them, anything else by
    its `str`.
    """
    return {
        "schema": SCHEMA,
        "system": verdict.system,
        "verdict": verdict.status.value,
        "seconds": verdict.seconds,
        "versions": dict(verdict.versions),
        "results": [_result_to_json(result) for result in verdict.results],
        "alerts": [_alert_to_json(life) for life in verdict.alerts],
        "coverage": {
            "claims": verdict.coverage.claims,
            "checked": verdict.coverage.checked,
            "gaps": list(verdict.coverage.gaps),
            "undrilled": list(verdict.coverage.undrilled),
        },
        "load": {
            "requests": verdict.load.requests,
            "failures": verdict.load.failures,
            "rps": verdict.load.rps,
        },
        "evidence": verdict.evidence,
        "seed": verdict.seed,
        "short": verdict.short,
        "mutant": verdict.mutant,
        "stack": verdict.stack,
    }


def from_json(data: Mapping[str, Any]) -> Verdict:
    """Return the verdict that `to_json` wrote.

    Raises EvidenceError for anything else: another schema, a missing or misshapen part.
    """
    if data.get("schema") != SCHEMA:
        raise EvidenceError(f"not a verdict of schema {SCHEMA}: its schema is {data.get('schema')!r}")
    try:
        return Verdict(
            system=data["system"],
            status=Status(data["verdict"]),
            seconds=data["seconds"],
            versions=data["versions"],
            results=tuple(_result_from_json(result) for result in data["results"]),
            alerts=tuple(_alert_from_json(life) for life in data["alerts"]),
            coverage=Coverage(
                claims=data["coverage"]["claims"],
                checked=data["coverage"]["checked"],
                gaps=tuple(data["coverage"]["gaps"]),
                undrilled=tuple(data["coverage"].get("undrilled", ())),
            ),
            load=LoadSummary(**data["load"]),
            evidence=data["evidence"],
            seed=data["seed"],
            short=data["short"],
            mutant=data["mutant"],
            stack=data["stack"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvidenceError(f"not a whole verdict: {type(error).__name__}: {error}") from error


def write_json(verdicts: Sequence[Verdict], path: Path) -> None:
    """Write one system's verdict as it is, several (or none) under one verdict of all.

    Raises UsageError where the path cannot be written.
    """
    documents = [to_json(verdict) for verdict in verdicts]
    several = {"schema": SCHEMA, "verdict": overall(verdicts).value, "systems": documents}
    document = documents[0] if len(documents) == 1 else several
    atomic.write(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def _result_to_json(result: Result) -> dict[str, Any]:
    source = result.source and {"document": result.source.document, "line": result.source.line}
    return {
        "kind": result.kind,
        "subject": result.subject,
        "status": result.status.value,
        "message": result.message,
        "evidence": _plain(result.evidence),
        "source": source,
        "remedy": result.remedy,
    }


def _result_from_json(data: Mapping[str, Any]) -> Result:
    source = data["source"] and Source(data["source"]["document"], data["source"]["line"])
    return Result(
        kind=data["kind"],
        subject=data["subject"],
        status=Status(data["status"]),
        message=data["message"],
        evidence=data["evidence"],
        source=source,
        remedy=data["remedy"],
    )


def _alert_to_json(life: AlertLife) -> dict[str, Any]:
    return {
        "alert": life.alert,
        "factor": life.factor,
        "proof": list(life.proof),
        "states": [[state, time] for state, time in life.states],
        "notified": {**life.notified, "receiver": life.receiver},
        "deadlines": {name: {"by": one.by, "seen": one.seen} for name, one in life.deadlines.items()},
        "phase": life.phase or None,
        "virtual": life.virtual and _virtual_to_json(life.virtual),
        "seen": list(life.observed_steps),
    }


def _alert_from_json(data: Mapping[str, Any]) -> AlertLife:
    notified = dict(data["notified"])
    receiver = notified.pop("receiver")
    return AlertLife(
        alert=data["alert"],
        factor=data["factor"],
        proof=tuple(data["proof"]),
        states=tuple((state, time) for state, time in data["states"]),
        notified=notified,
        receiver=receiver,
        deadlines={name: Deadline(**one) for name, one in data.get("deadlines", {}).items()},
        phase=data.get("phase") or "",
        virtual=_virtual_from_json(data["virtual"]) if data.get("virtual") else None,
    )


def _virtual_to_json(life: VirtualLife) -> dict[str, Any]:
    return {
        "states": [[state, time] for state, time in life.states],
        "cause": life.cause,
        "cured": life.cured,
        "boundary": life.boundary and list(life.boundary),
        "broken": life.broken,
        "unreached": life.unreached,
        "mistake": life.mistake,
        "tests": list(life.tests),
    }


def _virtual_from_json(data: Mapping[str, Any]) -> VirtualLife:
    return VirtualLife(
        states=tuple((state, time) for state, time in data["states"]),
        cause=data["cause"],
        cured=data["cured"],
        boundary=(data["boundary"][0], data["boundary"][1]) if data["boundary"] else None,
        broken=data["broken"],
        unreached=data["unreached"],
        mistake=data.get("mistake", ""),
        tests=tuple(data["tests"]),
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - evidence holds any value that a check saw
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case AbstractSet():
            return [_plain(item) for item in sorted(value, key=str)]
        case Sequence():
            return [_plain(item) for item in value]
    return str(value)
