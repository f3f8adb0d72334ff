"""All checks on one run's evidence, and the verdict that their results add up to."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.alerts.life import alert_lives
from promdrill.checks import all_checks
from promdrill.checks.load import phases_lacking_turns
from promdrill.contract.records import Empty, Value
from promdrill.model import Coverage, LoadSummary, Result, Status, Verdict, decide
from promdrill.prove.agreement import with_virtual_life
from promdrill.rules.compressible import incompressible
from promdrill.rules.promql import squeeze

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from promdrill.contract.records import Contract, Waiver
    from promdrill.evidence import Evidence


# Causes before their consequences; a kind that is not named comes last.
ORDER = (
    "load",
    "endpoint",
    "scrape",
    "exposition",
    "metric",
    "counter",
    "histogram",
    "gauge",
    "otel",
    "invariant",
    "query",
    "cost",
    "threshold",
)
# What a load of its own is judged by: that it was fair, its thresholds, and that what was counted is what happened.
UNDER_LOAD = frozenset({"load", "gate", "load_threshold", "latency", "counter", "histogram", "gauge", "invariant"})
ASKED_OF_PROMETHEUS = frozenset(
    {"alert", "cost", "counter", "gauge", "histogram", "invariant", "otel", "panel", "query", "threshold"}
)
# What is held against the ledgers.
WITNESSED = frozenset({"counter", "gauge", "histogram", "load", "otel"})


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on a run: every check's results, errata and waivers applied, gaps reported."""
    contract = evidence.scenario.contract
    checks = {name: check for name, check in all_checks().items() if evidence.run.profile is None or name in UNDER_LOAD}
    found = [result for check in checks.values() for result in check(evidence)]
    today = dt.date.today()  # noqa: DTZ011 - a waiver ends with the user's own day
    # What no run can see: a waiver may say why that is accepted.
    unseen: set[tuple[str, str]] = {
        (metric.type, name) for name, metric in contract.metrics.items() if metric.witness is None
    }
    unseen |= {("alert", name) for name in incompressible(evidence.scenario.rules)}
    own = {threshold.subject for threshold in evidence.scenario.drill.thresholds}
    fair = _downgrade_alerts(_downgrade_unseen(found), own, phases_lacking_turns(evidence))
    results = _apply_waivers(_drop_explained(fair, contract), contract, unseen, today)
    coverage = _coverage(evidence, results)
    # A short run leaves the alerts out on purpose: it covers less, and says so, but what it looked at it has seen.
    gaps = [gap for gap in coverage.gaps if not (evidence.run.short and gap.startswith("alert:"))]
    results = tuple(sorted((*results, *(_gap(gap) for gap in gaps)), key=_rank))
    return Verdict(
        system=contract.system,
        status=decide(results),
        seconds=round(evidence.run.seconds, 1),
        versions=evidence.run.versions,
        results=results,
        alerts=tuple(with_virtual_life(life, evidence) for life in alert_lives(evidence))
        if evidence.run.alerts
        else (),
        coverage=coverage,
        load=_load(evidence),
        evidence=str(evidence.folder),
        seed=evidence.run.seed,
        short=evidence.run.short,
        mutant=evidence.run.mutant or ", ".join(evidence.run.rule_mutants) or None,
        stack=evidence.run.stack,
    )


def _downgrade_unseen(results: list[Result]) -> tuple[Result, ...]:
    """Call what failed inconclusive where it could not be seen: a scrape did not succeed, or a witness was lost.

    Otherwise one malformed line would read as some seventy broken promises, and a dead worker as an app that miscounts.
    """
    blind: dict[str, str] = {}
    if any(result.kind == "load" and result.evidence.get("lost") for result in results):
        blind |= dict.fromkeys(WITNESSED, "a process of the load was lost, and its last rows with it")
    if any(result.kind == "scrape" and not result.evidence.get("last") for result in results):
        blind |= dict.fromkeys(ASKED_OF_PROMETHEUS, "the last scrape did not succeed")
    return tuple(
        replace(result, status=Status.INCONCLUSIVE, message=f"{result.subject}: {blind[result.kind]}")
        if result.status is Status.FAILED and result.kind in blind
        else result
        for result in results
    )


def _downgrade_alerts(
    results: tuple[Result, ...], own: Collection[str], phases: Iterable[Result] = ()
) -> tuple[Result, ...]:
    """Call an alert that failed inconclusive where the load was not the one that was asked for.

    A machine that cannot keep up makes latencies of its own, and alerts of them; what was counted stays counted. The
    load's `own` thresholds say nothing of that: one that means no request is a slip of the pen. What single `phases`
    lacked counts here alone: it takes nothing from what passed.
    """
    loads = (one for one in (*results, *phases) if one.kind == "load" and one.subject not in own)
    short = next((one for one in loads if one.status is Status.INCONCLUSIVE), None)
    return tuple(
        replace(
            result, status=Status.INCONCLUSIVE, message=f"{result.message}; but {short.message}", remedy=short.remedy
        )
        if short and result.status is Status.FAILED and result.kind == "alert"
        else result
        for result in results
    )


def _key(kind: str, subject: str) -> tuple[str, str]:
    return kind, squeeze(subject)


def _drop_explained(results: Iterable[Result], contract: Contract) -> tuple[Result, ...]:
    """Drop a failure that is the very defect which an erratum has proved: the erratum stands for it."""
    results = tuple(results)
    proved = {_key(result.kind, result.subject) for result in results if result.status is Status.ERRATUM}
    defects = set()
    for erratum in contract.errata:
        match erratum.shown_by:
            case Empty(empty=expression) | Value(expr=expression):
                defects |= {
                    _key(claim.kind, claim.subject)
                    for claim in erratum.claims
                    if squeeze(claim.subject) == squeeze(expression)
                }
    explained = defects & proved
    return tuple(
        result
        for result in results
        if result.status is not Status.FAILED or _key(result.kind, result.subject) not in explained
    )


def _apply_waivers(
    results: tuple[Result, ...], contract: Contract, unseen: set[tuple[str, str]], today: dt.date
) -> tuple[Result, ...]:
    by_claim = {_key(waiver.claim.kind, waiver.claim.subject): waiver for waiver in contract.waivers}
    return tuple(
        _with_waiver(result, by_claim.get(_key(result.kind, result.subject)), today)
        if result.status is Status.FAILED
        or (
            result.status is Status.INCONCLUSIVE
            and (result.kind, result.subject) in unseen
            and "mistake" not in result.evidence
        )
        else result
        for result in results
    )


def _with_waiver(result: Result, waiver: Waiver | None, today: dt.date) -> Result:
    if waiver is None:
        return result
    if waiver.until < today:
        return replace(result, message=f"{result.message} (its waiver ended on {waiver.until})")
    return replace(
        result, status=Status.WAIVED, message=f"{result.message} (waived until {waiver.until}: {waiver.reason})"
    )


def _coverage(evidence: Evidence, results: tuple[Result, ...]) -> Coverage:
    contract = evidence.scenario.contract
    kinds = UNDER_LOAD if evidence.run.profile is not None else None
    looked_at = {_key(result.kind, result.subject) for result in results}
    claims = [claim for claim, _ in contract.claims() if kinds is None or claim.kind in kinds]
    gaps = tuple(
        f"{claim.kind}: {claim.subject}" for claim in claims if _key(claim.kind, claim.subject) not in looked_at
    )
    excused = {claim.subject for erratum in contract.errata for claim in erratum.claims if claim.kind == "alert"}
    # What a phase shows to be inhibited fires in it all the same.
    inhibited = {alert for phase in evidence.scenario.drill.phases for alert in phase.inhibited}
    alerts = dict.fromkeys(rule.alert for rule in evidence.scenario.rules if rule.alert)
    undrilled = tuple(name for name in alerts if name not in {*contract.drilled_alerts, *excused, *inhibited})
    return Coverage(len(claims), len(claims) - len(gaps), gaps, undrilled)


def _rank(result: Result) -> int:
    return ORDER.index(result.kind) if result.kind in ORDER else len(ORDER)


def _gap(gap: str) -> Result:
    kind, _, subject = gap.partition(": ")
    return Result(
        kind,
        subject,
        Status.INCONCLUSIVE,
        f"no check looked at {subject}",
        remedy="report this: it is a gap in promdrill",
    )


def _load(evidence: Evidence) -> LoadSummary:
    rows = evidence.ledgers.rows(conventions.CLIENT_LEDGER)
    if not rows:
        return LoadSummary(0, 0, 0.0)
    seconds = max(row["finished"] for row in rows) - min(row["started"] for row in rows)
    failures = sum(row["outcome"] != "ok" for row in rows)
    return LoadSummary(len(rows), failures, round(len(rows) / seconds, 1) if seconds else 0.0)
