"""A counter grew by exactly what the witness saw, label by label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.checks.metric import known_label_sets
from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.increase import increases, same
from promdrill.evidence.ledger import format_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill.contract.records import Metric, Selection
    from promdrill.evidence import Evidence
    from promdrill.evidence.ledger import LabelSet
    from promdrill.model import Result

SHOWN = 3


@check("counter")
def counter(evidence: Evidence) -> Iterator[Result]:
    """After the drain, the increase in Prometheus equals the ledger's total exactly, for every label set."""
    for name, promised in evidence.scenario.contract.metrics.items():
        if promised.type == "counter":
            claim = ResultsFor("counter", name, evidence.scenario.source(promised.source))
            witness = promised.witness
            yield _judge(claim, promised, witness, evidence) if witness else claim.unwitnessed()


def _judge(claim: ResultsFor, promised: Metric, witness: Selection, evidence: Evidence) -> Result:
    name = claim.subject
    expected = evidence.ledgers.totals(witness)
    seen = increases(evidence, name)
    if not seen:
        return claim.failed(
            f"{name}: expected {_number(sum(expected.values()))} ({witness.ledger} ledger), Prometheus has no sample",
            f"expose {name}; if the scrape failed, fix the scrape first",
            ledger=sum(expected.values()),
            prometheus=None,
        )
    resets = {labels: increase.resets for labels, increase in seen.items() if increase.resets}
    totals = {
        "ledger": sum(expected.values()),
        "prometheus": sum(increase.value for increase in seen.values()),
        "witness": witness.ledger,
    }
    if resets:
        labels = min(resets)
        return claim.failed(
            f"{name}{format_labels(labels)} fell {resets[labels]} times while the app was running: it grew by"
            f" {_number(seen[labels].value)}, the {witness.ledger} ledger says {_number(expected.get(labels, 0))}",
            "a counter only grows while its process lives; do not clear the registry",
            resets=sum(resets.values()),
            **totals,
        )
    wrong = [
        (labels, expected.get(labels, 0.0), seen[labels].value if labels in seen else 0.0)
        for labels in sorted({*expected, *seen, *known_label_sets(promised)})
        if not same(expected.get(labels, 0.0), seen[labels].value if labels in seen else 0.0)
    ]
    if wrong:
        return claim.failed(
            f"{name} differs from the {witness.ledger} ledger: {_differences(name, wrong)}",
            "increment it once for each operation, failed ones too, with that operation's labels",
            differences=[{"labels": dict(labels), "ledger": want, "prometheus": have} for labels, want, have in wrong],
            **totals,
        )
    if not totals["ledger"]:
        return claim.inconclusive(
            f"{name}: the run did nothing that it counts, so 0 = 0 proves nothing",
            "make the users or the faults of the scenario cause it",
            **totals,
        )
    idle = sorted(labels for labels in known_label_sets(promised) if not expected.get(labels))
    told = f"; nothing happened for {len(idle)} of its {len(known_label_sets(promised))} label sets" if idle else ""
    return claim.passed(
        f"{name} grew by {_number(totals['prometheus'])} as the {witness.ledger} ledger did{told}",
        idle=[dict(labels) for labels in idle],
        **totals,
    )


def _differences(name: str, wrong: list[tuple[LabelSet, float, float]]) -> str:
    parts = [
        f"{name}{format_labels(labels)} expected {_number(want)}, seen {_number(have)}"
        for labels, want, have in wrong[:SHOWN]
    ]
    more = [f"{len(wrong) - SHOWN} more series"] if len(wrong) > SHOWN else []
    return "; ".join(parts + more)


def _number(value: float | str) -> str:
    return f"{value:.10g}" if isinstance(value, float | int) else str(value)
