"""Prometheus' HTTP API (v1), as far as a drill asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from harness.errors import EvidenceError
from harness.evidence.ledger import LabelSet, label_set

NAME = "__name__"


class QueryError(Exception):
    """Prometheus refused an expression; the text is its own."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: labels without the name, and (time in epoch seconds, value) pairs."""

    name: str
    labels: LabelSet
    points: tuple[tuple[float, float], ...]

    @property
    def value(self) -> float:
        """The last value."""
        return self.points[-1][1]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned, with Prometheus' own annotations on it."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


class PrometheusApi:
    """A client of one Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def query(self, expression: str, time: float) -> Answer:
        """Return the answer at an instant, in epoch seconds; a range selector gives raw samples.

        Raises:
            QueryError: Prometheus refused the expression.
        """
        return self._ask("query", query=expression, time=f"{time:.3f}")

    def query_range(self, expression: str, start: float, end: float, step: float) -> Answer:
        """Return the answer at each step from start to end, all in epoch seconds."""
        return self._ask("query_range", query=expression, start=f"{start:.3f}", end=f"{end:.3f}", step=f"{step:.3f}")

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return the `data` of another endpoint below /api/v1."""
        return self._client.get(f"/api/v1/{path}").raise_for_status().json()["data"]

    def _ask(self, path: str, **parameters: str) -> Answer:
        try:
            body = self._client.post(f"/api/v1/{path}", data=parameters).json()
        except (httpx.HTTPError, ValueError) as error:
            raise EvidenceError(f"Prometheus at {self.url} does not answer queries: {error!r}") from error
        if body["status"] != "success":
            raise QueryError(body["error"])
        return Answer(_series(body["data"]), tuple(body.get("warnings", ())), tuple(body.get("infos", ())))


def _series(data: dict[str, Any]) -> tuple[Series, ...]:
    if data["resultType"] in {"scalar", "string"}:
        return (Series("", (), (_point(data["result"]),)),)
    return tuple(
        Series(
            one["metric"].get(NAME, ""),
            label_set({name: value for name, value in one["metric"].items() if name != NAME}),
            tuple(_point(point) for point in one.get("values") or [one["value"]]),
        )
        for one in data["result"]
        if "values" in one or "value" in one
    )


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
