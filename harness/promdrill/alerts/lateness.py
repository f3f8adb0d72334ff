"""A step that an alert reached late: its own fault, or that of a run that was late itself."""

from __future__ import annotations

from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from promdrill.alerts.states import EVALUATIONS

if TYPE_CHECKING:
    from promdrill.evidence import Evidence
    from promdrill.model import AlertLife

# More than this many intervals between two scrapes, or two evaluations: the machine was busy with something else.
BUSY_SCRAPES = 3
BUSY_EVALUATIONS = 1.5
QUIETER = "give the run a quieter machine"


def first_late_step(life: AlertLife) -> tuple[str, float, float] | None:
    """Return the first step that was reached after its deadline, the deadline, and when it was reached."""
    for step, deadline in life.deadlines.items():
        if deadline.seen is not None and deadline.seen > deadline.by:
            return step, deadline.by, deadline.seen
    return None


def run_lateness(evidence: Evidence, alert: str, until: float) -> str:
    """Return how late Prometheus itself was before an instant, in seconds of the drill; empty where it was not.

    A scrape that fails is one: what is missing is Prometheus. An alert that is away for a few evaluations was not
    evaluated; one that is away for longer had ended.
    """
    start, run = evidence.run.phases[0].start, evidence.run
    scraped = _longest({at for at, _ in evidence.up if at - start <= until})
    if scraped > BUSY_SCRAPES * run.scrape_interval:
        return f"Prometheus did not scrape for {scraped:.1f} s"
    written = evidence.history(f'ALERTS{{alertname="{alert}"}}').series
    times = {at for series in written for at, _ in series.points if at - start <= until}
    evaluated = _longest(times, EVALUATIONS * run.evaluation_interval)
    if evaluated > BUSY_EVALUATIONS * run.evaluation_interval:
        return f"Prometheus did not evaluate the rule for {evaluated:.1f} s"
    return ""


def failed_scrapes(evidence: Evidence, since: float, until: float) -> str:
    """Return which scrapes in a row failed about a time; empty where none or one did.

    Prometheus forgets a series that a scrape did not bring, so an alert on it ends, and begins anew with the next.
    """
    near = BUSY_SCRAPES * evidence.run.scrape_interval
    for good, scrapes in groupby(sorted(evidence.up), key=itemgetter(1)):
        times = [when for when, _ in scrapes]
        if not good and len(times) > 1 and times[0] - near <= until and since <= times[-1] + near:
            return f"{len(times)} scrapes in a row had failed"
    return ""


def _longest(times: set[float], bound: float = float("inf")) -> float:
    """Return the longest time between two instants that follow each other, of those within a bound."""
    return max((gap for before, after in pairwise(sorted(times)) if (gap := after - before) <= bound), default=0.0)
