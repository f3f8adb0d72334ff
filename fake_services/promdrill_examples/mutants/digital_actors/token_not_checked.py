"""The metrics are open to everybody, token or not."""

from __future__ import annotations

from promdrill_examples.digital_actors import api

METRIC = "authentication on /metrics"


def apply() -> None:
    """Break it."""
    api.may_read_metrics = lambda *_: True
