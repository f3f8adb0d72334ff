"""Prometheus' HTTP API (v1), as far as a drill asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from promdrill import plain_http
from promdrill.errors import EvidenceError
from promdrill.evidence.ledger import LabelSet, label_set

NAME = "__name__"
ASKED_OF_RULES = ("name", "type", "state", "health", "lastError", "lastEvaluation")


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
    """A client of one Prometheus: of a part of the run, or of one that a client is given for.

    `foreign` are labels that it, and not the app, gives every series; they are left out of its answers.
    """

    def __init__(self, url: str, client: httpx.Client | None = None, foreign: frozenset[str] = frozenset()) -> None:
        self.url = url
        self._client = client or plain_http.client(url, seconds=30)
        self._foreign = foreign | {NAME}

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

    def version(self) -> str:
        """Return which version it is."""
        return str(self.get("status/buildinfo")["version"])

    def rules(self) -> list[dict[str, Any]]:
        """Return Prometheus' own record of each rule: its name, health and last error, and of an alert its state."""
        rules = [rule for group in self.get("rules")["groups"] for rule in group["rules"]]
        return [{key: rule[key] for key in ASKED_OF_RULES if key in rule} for rule in rules]

    def _ask(self, path: str, **parameters: str) -> Answer:
        try:
            body = self._client.post(f"/api/v1/{path}", data=parameters).json()
            status = body["status"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise EvidenceError(f"Prometheus at {self.url} does not answer queries: {error!r}") from error
        if status != "success":
            raise QueryError(body["error"])
        return Answer(
            _series(body["data"], self._foreign), tuple(body.get("warnings", ())), tuple(body.get("infos", ()))
        )


def _series(data: dict[str, Any], left_out: frozenset[str]) -> tuple[Series, ...]:
    if data["resultType"] in {"scalar", "string"}:
        return (Series("", (), (_point(data["result"]),)),)
    return tuple(
        Series(
            one["metric"].get(NAME, ""),
            label_set({name: value for name, value in one["metric"].items() if name not in left_out}),
            tuple(_point(point) for point in one.get("values") or [one["value"]]),
        )
        for one in data["result"]
        if "values" in one or "value" in one
    )


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
