"""Prometheus scrapes the app at the documented path, no scrape fails, and the documented configuration says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from promdrill.checks.registry import ResultsFor, check
from promdrill.contract.drill import Cut, Freeze
from promdrill.conventions import OWN_JOB
from promdrill.durations import seconds
from promdrill.evidence.documented_config import PORT, read_targets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promdrill.contract.records import Scrape
    from promdrill.evidence import Evidence
    from promdrill.model import Result


# A scrape that times out on a busy machine says nothing of the app; many that do hide what it exposed.
LEAST_GOOD = 0.75
# An app that was frozen answers first what has piled up.
SCRAPES_TO_RECOVER = 4


class Difference(NamedTuple):
    """What the documents say and the run, or their configuration file, does not."""

    message: str
    remedy: str
    expected: object
    seen: object


@check("scrape")
def scrape(evidence: Evidence) -> Iterator[Result]:
    """The documented address, its host and port replaced by a free one, is up in Prometheus all along."""
    for promised in evidence.scenario.contract.scrape:
        claim = ResultsFor("scrape", promised.claim_subject, evidence.scenario.source(promised.source))
        reached = _judge(claim, promised, evidence)
        differences = (*_run_differs(promised, evidence), *_file_differs(promised, evidence.scenario.prometheus_config))
        if reached.remedy or not differences:
            yield reached
        else:
            first = differences[0]
            both = {"expected": first.expected, "seen": first.seen}
            yield claim.failed(first.message, first.remedy, **reached.evidence, **both)


def _judge(claim: ResultsFor, promised: Scrape, evidence: Evidence) -> Result:
    address, _, path = promised.address.partition("/")
    port = int(address.rpartition(":")[2])
    target = _target(evidence, evidence.scenario.job)
    url = str(target.get("scrapeUrl", ""))
    history = _while_it_ran(evidence)
    good = sum(history)
    numbers = {"scrapes": len(history), "good": good, "last": history[-1] if history else None, "url": url}
    if port != evidence.scenario.drill.app.port:
        return claim.failed(
            f"the documents say port {port}, but `up` starts the app on {evidence.scenario.drill.app.port}",
            "set app.port in drill.yml to the documented port",
            **numbers,
        )
    if not history:
        return claim.inconclusive(
            "Prometheus has no scrape of the app", "look at prometheus.log in the evidence", **numbers
        )
    if not good:
        return claim.failed(
            f"none of {len(history)} scrapes of /{path} succeeded: {target.get('lastError') or 'no target'}",
            "open the endpoint with curl and with `promtool check metrics`; the exposition results say more",
            **numbers,
        )
    if not url.endswith(f"/{path}"):
        return claim.failed(
            f"Prometheus scrapes {url}; the documents say /{path}", "correct the path or the document", **numbers
        )
    if good < LEAST_GOOD * len(history):
        return claim.inconclusive(
            f"{len(history) - good:g} of {len(history)} scrapes of /{path} failed, as on a busy machine",
            "give the run a quieter machine, or a longer scrape_interval in drill.yml",
            **numbers,
        )
    return claim.passed(f"{good:g} of {len(history)} scrapes of /{path} succeeded", **numbers)


def _target(evidence: Evidence, job: str) -> dict[str, Any]:
    return next((dict(one) for one in evidence.targets if one["labels"]["job"] == job), {})


def _while_it_ran(evidence: Evidence) -> list[float]:
    """Return whether each scrape succeeded, without those that an app frozen or cut off could not answer."""
    drill = evidence.scenario.drill
    freezing = {
        phase.name
        for phase in drill.phases
        if any(isinstance(drill.faults[fault], Freeze | Cut) for fault in phase.faults)
    }
    after = SCRAPES_TO_RECOVER * evidence.run.scrape_interval
    frozen = [(phase.start, phase.end + after) for phase in evidence.run.phases if phase.name in freezing]
    return [good for time, good in evidence.up if good or not any(start <= time <= end for start, end in frozen)]


def _run_differs(promised: Scrape, evidence: Evidence) -> Iterator[Difference]:
    itself = _target(evidence, OWN_JOB).get("health")
    if promised.itself and itself != "up":
        yield Difference(
            f"the run's Prometheus must scrape itself too, but its own target is {itself or 'not there'}",
            "look at prometheus.yml and prometheus.log in the evidence",
            "up",
            itself,
        )
    kept = evidence.retention["kept"] if promised.retention else None
    if promised.retention and (kept is None or seconds(kept) != seconds(promised.retention)):
        yield Difference(
            f"Prometheus keeps samples for {kept}; the documents say {promised.retention}",
            f"set prometheus.retention to {promised.retention} in drill.yml",
            promised.retention,
            kept,
        )


def _file_differs(promised: Scrape, config: Path | None) -> Iterator[Difference]:
    if config is None:
        return
    targets = read_targets(config)
    job = promised.job if "job" in promised.model_fields_set else ""
    ours = [one for one in targets if one.address == promised.address and job in ("", one.job)]
    if not ours:
        yield Difference(
            f"{config.name} does not scrape {promised.address}{f' as {job}' if job else ''}",
            "give one of its jobs the documented target, metrics_path and job_name",
            promised.address,
            [one.address for one in targets],
        )
    intervals = [one.interval for one in ours]
    if promised.every and any(seconds(interval) != seconds(promised.every) for interval in intervals):
        yield Difference(
            f"{config.name} scrapes {promised.address} every {' and '.join(intervals)};"
            f" the documents say {promised.every}",
            "set scrape_interval of the job, or of `global`",
            promised.every,
            intervals,
        )
    if promised.itself and not any(one.is_prometheus for one in targets if one not in ours):
        yield Difference(
            f"{config.name} does not scrape Prometheus itself",
            f"add a job with the target localhost:{PORT}",
            PORT,
            [one.address for one in targets],
        )
