"""Calls to models carry the request id alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill_examples import tracing
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    import httpx

METRIC = "trace_id in external API calls"


def apply() -> None:
    """Break it."""

    @instead_of(tracing, "pass_on")
    async def pass_on(_: object, request: httpx.Request) -> None:
        request.headers[tracing.HEADER] = tracing.request_id.get()
