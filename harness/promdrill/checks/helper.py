"""The documented instrumentation interface exists, takes the documented parameters and does what is documented."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from promdrill.checks.registry import ResultsFor, check
from promdrill.evidence.ledger import format_labels, label_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.records import Helper
    from promdrill.evidence import Evidence
    from promdrill.model import Result


@check("helper")
def helper(evidence: Evidence) -> Iterator[Result]:
    """One call of each helper adds just what the document says to just the series that it names."""
    helpers = evidence.scenario.contract.helpers
    for name, promised in (helpers.interface if helpers else {}).items():
        yield _judge(ResultsFor("helper", name, evidence.scenario.source(promised.source)), promised, evidence)


def _judge(claim: ResultsFor, promised: Helper, evidence: Evidence) -> Result:
    name = claim.subject
    answer = evidence.helpers.get(name, {"error": "it was not called"})
    if "error" in answer:
        return claim.failed(
            f"{name} cannot be called as documented: {answer['error']}", "give it the documented interface"
        )
    parameters = tuple(answer["parameters"])
    if parameters[: len(promised.parameters)] != promised.parameters:
        return claim.failed(
            f"{name} takes ({', '.join(parameters)}); the documents say ({', '.join(promised.parameters)})",
            "name the parameters as the document does, further ones after them",
            expected=list(promised.parameters),
            seen=list(parameters),
        )
    if difference := effect_differs(answer["effect"], promised.effect, timed=promised.context):
        return claim.failed(f"{name}: {difference}", "let one call count one operation", effect=dict(answer["effect"]))
    return claim.passed(f"one call moved {len(promised.effect)} series as documented", effect=dict(answer["effect"]))


def effect_differs(seen: Mapping[str, float], documented: Mapping[str, float], *, timed: bool = False) -> str:
    """Return the first difference between two effects, or nothing.

    Buckets follow from `_count` and `_sum` and are left out; so is the sum of a timer, whose duration is its own.
    """
    left_out = ("_bucket", "_sum") if timed else ("_bucket",)
    have = {_normal(series): value for series, value in seen.items() if not series.split("{")[0].endswith(left_out)}
    want = {_normal(series): value for series, value in documented.items()}
    for series in sorted({*have, *want}):
        if not math.isclose(have.get(series, 0.0), want.get(series, 0.0), abs_tol=1e-9):
            return f"{series} expected +{want.get(series, 0.0):g}, seen +{have.get(series, 0.0):g}"
    return ""


def _normal(series: str) -> str:
    """Return a series with its labels in one order and spacing."""
    name, _, labels = series.partition("{")
    pairs = [pair.partition("=") for pair in labels.rstrip("}").split(",") if pair]
    return name + format_labels(label_set({label.strip(): value.strip().strip('"') for label, _, value in pairs}))
