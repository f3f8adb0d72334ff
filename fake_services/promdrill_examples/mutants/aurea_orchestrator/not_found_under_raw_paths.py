"""Paths that no route serves are counted as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples.aurea_orchestrator import measuring
from promdrill_examples.aurea_orchestrator.vocabulary import Endpoint
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

METRIC = "aurea_http_requests_total"


def apply() -> None:
    """Break it."""

    @instead_of(measuring, "endpoint_of")
    def endpoint_of(original: Callable[..., str], scope: Scope) -> str:
        endpoint = original(scope)
        return str(scope["path"]) if endpoint == Endpoint.UNMATCHED else endpoint
