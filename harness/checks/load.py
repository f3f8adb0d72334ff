"""The run could see what it judges: the load was delivered, the scrapes were made, the fakes kept up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.registry import Claimed, check
from harness.conventions import APP_JOB, BASELINE, CLIENT_LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.evidence import Evidence
    from harness.model import Result

# Below these shares the run is not the one that was asked for. They bound the machine, not the app.
LEAST_DELIVERED = 0.75
LEAST_SCRAPED = 0.75


@check("load")
def load(evidence: Evidence) -> Iterator[Result]:
    """Each class of users took its turns in the healthy phase, and Prometheus missed few scrapes."""
    yield from _delivered(evidence)
    yield _scraped(evidence)


def _delivered(evidence: Evidence) -> Iterator[Result]:
    baseline = evidence.phase(BASELINE)
    rows = evidence.ledgers.rows(CLIENT_LEDGER)
    offset = evidence.run.monotonic_offset
    for name, users in evidence.scenario.drill.load.items():
        if evidence.run.short:
            turns = {row["turn"] for row in rows if row["user"] == name}
            asked = float(users.count)
            least = asked
        else:
            within = (row for row in rows if baseline.start <= row["started"] + offset <= baseline.end)
            turns = {row["turn"] for row in within if row["user"] == name}
            asked = users.users * (baseline.end - baseline.start) / users.every
            least = LEAST_DELIVERED * asked
        claim = Claimed("load", name)
        numbers = {"asked": round(asked, 1), "delivered": len(turns)}
        if len(turns) < least:
            yield claim.inconclusive(
                f"{name} took {len(turns)} turns of {asked:.0f} asked: the machine or the app could not keep up",
                "give the run a quieter machine, or ask for less in drill.yml",
                **numbers,
            )
        else:
            yield claim.passed(f"{len(turns)} turns of {asked:.0f} asked", **numbers)


def _scraped(evidence: Evidence) -> Result:
    claim = Claimed("load", "scrapes")
    first = evidence.run.phases[0].start
    expected = (evidence.end - first) / evidence.run.scrape_interval
    times = [
        time
        for series in evidence.history(f'up{{job="{APP_JOB}"}}').series
        for time, _ in series.points
        if time >= first
    ]
    numbers = {"expected": round(expected), "seen": len(times)}
    if len(times) < LEAST_SCRAPED * expected:
        return claim.inconclusive(
            f"Prometheus made {len(times)} of {expected:.0f} scrapes while the drill went on",
            "give the run a quieter machine, or a longer scrape_interval in drill.yml",
            **numbers,
        )
    return claim.passed(f"{len(times)} of {expected:.0f} scrapes made", **numbers)
