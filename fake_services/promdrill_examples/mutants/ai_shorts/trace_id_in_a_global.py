"""The trace id is kept in a global: it is that of the request which came last."""

from __future__ import annotations

from promdrill_examples import tracing

METRIC = "one request, one trace_id"


class _Global:
    """Has one value for all."""

    def __init__(self) -> None:
        self._value = ""

    def get(self) -> str:
        return self._value

    def set(self, value: str) -> None:
        self._value = value


def apply() -> None:
    """Break it."""
    setattr(tracing, "trace_id", _Global())  # noqa: B010  mypy knows that it is a context variable
