"""Prometheus scrapes the app at the documented path, and no scrape fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.registry import Claimed, check
from harness.conventions import APP_JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.evidence import Evidence
    from harness.model import Result


# A scrape that times out on a busy machine says nothing of the app; many that do hide what it exposed.
LEAST_GOOD = 0.75


@check("scrape")
def scrape(evidence: Evidence) -> Iterator[Result]:
    """The documented address, its host and port replaced by a free one, is up in Prometheus all along."""
    for promised in evidence.scenario.contract.scrape:
        claim = Claimed("scrape", promised.address, evidence.scenario.source(promised.source))
        address, _, path = promised.address.partition("/")
        port = int(address.rpartition(":")[2])
        target = next((one for one in evidence.targets if one["labels"]["job"] == APP_JOB), {})
        url = str(target.get("scrapeUrl", ""))
        history = [good for _, good in evidence.up]
        good = sum(history)
        numbers = {"scrapes": len(history), "good": good, "last": history[-1] if history else None, "url": url}
        if port != evidence.scenario.drill.app.port:
            yield claim.failed(
                f"the documents say port {port}, `up` starts the app on {evidence.scenario.drill.app.port}",
                "set app.port in drill.yml to the documented port",
                **numbers,
            )
        elif not history:
            yield claim.inconclusive(
                "Prometheus holds not one scrape of the app", "look at prometheus.log in the evidence", **numbers
            )
        elif not good:
            yield claim.failed(
                f"none of {len(history)} scrapes of /{path} succeeded: {target.get('lastError') or 'no target'}",
                "open the endpoint with curl and with `promtool check metrics`; the exposition results say more",
                **numbers,
            )
        elif not url.endswith(f"/{path}"):
            yield claim.failed(f"Prometheus scrapes {url}, documented is /{path}", "align path and document", **numbers)
        elif good < LEAST_GOOD * len(history):
            yield claim.inconclusive(
                f"{len(history) - good:g} of {len(history)} scrapes of /{path} failed, as on a machine too busy",
                "give the run a quieter machine, or a longer scrape_interval in drill.yml",
                **numbers,
            )
        else:
            yield claim.passed(f"{good:g} of {len(history)} scrapes of /{path} succeeded", **numbers)
