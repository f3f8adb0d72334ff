"""Every message is counted in the scene harbour."""

from __future__ import annotations

from fake_services.reference_app.digital_actors import metrics
from fake_services.reference_app.digital_actors.vocabulary import Scene
from fake_services.reference_app.mutants.mechanisms import change

METRIC = "digital_actors_requests_total"


def apply() -> None:
    """Break it."""
    change(metrics, "REQUESTS", lambda labels, amount: ((Scene.HARBOUR, *labels[1:]), amount))
