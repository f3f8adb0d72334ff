"""Every message is counted in the scene harbour."""

from __future__ import annotations

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.vocabulary import Scene
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_requests_total"


def apply() -> None:
    """Break it."""
    change(metrics, "REQUESTS", lambda labels, amount: ((Scene.HARBOUR, *labels[1:]), amount))
