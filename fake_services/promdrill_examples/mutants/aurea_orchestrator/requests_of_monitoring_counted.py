"""Scrapes and health checks are counted as requests."""

from __future__ import annotations

from promdrill_examples.aurea_orchestrator import measuring

METRIC = "aurea_http_requests_total"


def apply() -> None:
    """Break it."""
    measuring.OWN_ENDPOINTS = ("/",)
