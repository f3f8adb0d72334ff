"""How the parts of a result are put into words, the same in every report."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from promdrill.model import OBSERVABLE, AlertLife, Result, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPECTED = ("expected", "documented", "ledger", "client")
SEEN = ("seen", "exposed", "prometheus", "app")
CORRECTED = ("corrected", "correction")
LONGEST = 100
UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Return text with what a terminal would obey, or XML forbids, replaced: an app's output ends up in messages."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """Return text that is printable, with each stretch of white space made one blank."""
    return printable(" ".join(text.split()))


def figure(value: Any) -> str:  # noqa: ANN401 - evidence holds any JSON value
    """Return one piece of evidence on one line: whole numbers in full, fractions to 10 digits, long values cut."""
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else f"{value:.10g}"
    elif isinstance(value, str):
        text = one_line(value)
    else:
        text = json.dumps(value, default=str, ensure_ascii=False)
    return printable(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")


def figures(result: Result) -> str:
    """Return a result's evidence as `expected 412, seen 824, …`: what was expected first, then what was seen.

    Lists and mappings are left to the JSON; the message says in words what they hold.
    """
    shown = [key for key, value in result.evidence.items() if not isinstance(value, list | tuple | dict)]
    first = [key for key in EXPECTED + SEEN if key in shown]
    rest = [key for key in shown if key not in first]
    return ", ".join(f"{key} {figure(result.evidence[key])}" for key in first + rest)


def by_erratum(errata: Sequence[Result]) -> list[tuple[Result, ...]]:
    """Return the results of each erratum together, one for each claim that it is about."""
    groups: dict[object, list[Result]] = {}
    for result in errata:
        groups.setdefault(result.evidence.get("erratum", result.subject), []).append(result)
    return [tuple(claims) for claims in groups.values()]


def erratum_sides(claims: Sequence[Result]) -> tuple[str, str]:
    """Return the two sides of one erratum, uncut: what the document says, and what is right instead."""
    erratum = claims[0]
    evidence = erratum.evidence
    more = f" and {count(len(claims) - 1, 'more claim')}" if len(claims) > 1 else ""
    documented = f"{erratum.kind} {erratum.subject}{more}" + (
        f"\n{evidence['documented']}" if "documented" in evidence else ""
    )
    corrected = next((str(evidence[key]) for key in CORRECTED if key in evidence), erratum.remedy or erratum.message)
    return printable(documented), printable(corrected)


def kinds(verdict: Verdict) -> dict[str, Counter[Status]]:
    """Return how many results of each status there are, by kind in the order in which the checks ran, and in total."""
    counts: dict[str, Counter[Status]] = {}
    for result in verdict.results:
        counts.setdefault(result.kind, Counter())[result.status] += 1
    return {**counts, "total": Counter(result.status for result in verdict.results)}


def moments(life: AlertLife) -> tuple[str, ...]:
    """Return when an alert was pending, firing, notified, resolved, and notified as resolved: `12.1s` or `-`."""
    first = dict(reversed(life.states))
    when = (
        first.get("pending"),
        first.get("firing"),
        life.notified.get("firing"),
        first.get("resolved"),
        life.notified.get("resolved"),
    )
    return tuple("-" if time is None else f"{time:.1f}s" for time in when)


def proved(life: AlertLife) -> str:
    """Return how an alert was proved: `both`, or the one way, or `-`."""
    return "both" if len(life.proof) > 1 else "".join(life.proof) or "-"


def boundary(life: AlertLife) -> str:
    """Return the value at which an alert was seen to begin to fire: `0.1004` or `-`."""
    found = life.virtual.boundary if life.virtual else None
    return f"{found[1]:.6g}" if found else "-"


def alert_coverage(verdict: Verdict) -> str:
    """Return of how many alerts, of those that a phase is to make fire, all was seen, and what the others lack."""
    lacking = {
        life.alert: [one for one in OBSERVABLE if one not in life.observed_steps]
        for life in verdict.alerts
        if life.phase
    }
    short = [f"{name}: no {', '.join(what)}" for name, what in lacking.items() if what]
    if not lacking:
        return ""
    whole = f"{len(lacking) - len(short)} of {len(lacking)} seen in all states, notified of, and at the boundary"
    return "; ".join([whole, *short])


def overall(verdicts: Sequence[Verdict]) -> Status:
    """Return what the verdicts of several systems add up to; of none at all, inconclusive."""
    statuses = {verdict.status for verdict in verdicts}
    return next(
        (status for status in (Status.FAILED, Status.INCONCLUSIVE) if status in statuses),
        Status.PASSED if statuses else Status.INCONCLUSIVE,
    )


def count(number: int, noun: str) -> str:
    """Return `1 claim`, `2 claims`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def headline(verdict: Verdict) -> str:
    """Return the verdict in one line: how it ended, what is wrong first, and how long it took."""
    wrong = verdict.having(Status.FAILED) or verdict.having(Status.INCONCLUSIVE)
    if wrong:
        found = one_line(wrong[0].subject) + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else "")
    else:
        found = count(len(verdict.results), "result") if verdict.results else "nothing was checked"
    how = f" with the mutant {verdict.mutant}" if verdict.mutant else " in a short run" if verdict.short else ""
    return f"{verdict.system}{how}: {verdict.status}: {found}, in {verdict.seconds:.1f} s"


def summary(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """Return the facts about a run that stand under its results, as (name, text) pairs."""
    coverage, load = verdict.coverage, verdict.load
    undrilled = ", ".join(coverage.undrilled)
    versions = ", ".join(f"{name} {version}" for name, version in verdict.versions.items())
    left_out = ", alerts left out: a short run" if verdict.short else ""
    stack = f"{verdict.stack}, " if verdict.stack else ""
    mutant = f", mutant {verdict.mutant}" if verdict.mutant else ""
    facts = (
        ("run", f"{stack}seed {verdict.seed}{mutant}{left_out}"),
        ("coverage", f"{coverage.checked} of {count(coverage.claims, 'claim')} of the contract checked"),
        ("alerts", alert_coverage(verdict)),
        ("no fault", undrilled and f"no phase of the drill makes {undrilled} fire"),
        (
            "load",
            f"{count(load.requests, 'request')}, {count(load.failures, 'failure')}, {load.rps:.1f} requests a second",
        ),
        ("versions", versions),
        ("evidence", verdict.evidence),
    )
    return tuple((name, printable(text)) for name, text in facts if text)
