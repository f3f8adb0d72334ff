"""What the drill says must hold of its load does, in the healthy phase: latencies, failures, rates, by tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.measured import measured_rows
from promdrill.load.thresholds import Limit, count_arrivals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.threshold import Bound
    from promdrill.evidence import Evidence
    from promdrill.model import Result

SHOWN = {"rps": ".1f", "rate(failures)": ".2%", "rate(dropped)": ".2%"}


@check("load_threshold")
def load_threshold(evidence: Evidence) -> Iterator[Result]:
    """Each threshold of drill.yml holds of the requests that were due in the baseline."""
    if evidence.run.short:
        return
    drill, rows = evidence.scenario.drill, measured_rows(evidence)
    for threshold in drill.thresholds:
        limit = Limit(threshold, drill.load)
        for row in rows:
            limit.note(row)
        yield _judge(limit, evidence)


def _judge(limit: Limit, evidence: Evidence) -> Result:
    claim = ResultsFor("load", limit.threshold.subject)
    bound, requests = limit.threshold.bound, limit.measured.requests
    if not requests:
        return claim.inconclusive(
            f"no request of the baseline belongs to {claim.subject}",
            "look at the names in `of`: columns of the client's ledger, or tags of its users",
        )
    phase = evidence.baseline
    value = limit.value(phase.end - phase.start, count_arrivals(evidence.load_report["processes"], limit.meant))
    shown = f"{_format_value(value, bound)}, of {requests} requests"
    numbers = {"value": round(value, 6), "limit": bound.limit, "requests": requests}
    ended = evidence.abort_record if evidence.abort_record.get("threshold") == claim.subject else {}
    if bound.holds(value) and not ended:
        return claim.passed(shown, **numbers)
    # What was under way when it ended the load can have brought it back to where it holds.
    when = (
        f" ({_format_value(ended['value'], bound)} when it ended the load, after {ended['after']:.1f} s)"
        if ended
        else ""
    )
    return claim.failed(
        f"{claim.subject} does not hold: it is {shown}{when}",
        "find in the table of latencies where the time goes, or correct the threshold in drill.yml",
        **numbers,
    )


def _format_value(value: float, bound: Bound) -> str:
    return f"{value * 1000:.1f} ms" if bound.of_latency else format(value, SHOWN.get(bound.what, "g"))
