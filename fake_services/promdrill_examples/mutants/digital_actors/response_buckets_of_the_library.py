"""The buckets of the response time are those of the library, which end at 10 seconds."""

from __future__ import annotations

from itertools import product

from prometheus_client import Histogram

from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.vocabulary import Character, Scene
from promdrill_examples.mutants.mechanisms import change

METRIC = "digital_actors_response_time_seconds"


def apply() -> None:
    """Break it."""
    usual = Histogram(METRIC, "From a message to its answer, in seconds.", ("scene", "character"), registry=None)
    for values in product(Scene, Character):
        usual.labels(*values)
    change(metrics, "RESPONSE_TIME", lambda labels, seconds: (labels, seconds), into=usual)
