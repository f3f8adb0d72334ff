"""Alertmanager's HTTP API (v2), as far as a drill asks it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import httpx

from promdrill import plain_http
from promdrill.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promdrill.contract.silences import Matcher

# A silence is ended by the drill; this bounds one whose run is killed.
SILENCE_SECONDS = 3600.0


class AlertmanagerApi:
    """A client of one Alertmanager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = plain_http.client(f"{url}/api/v2", seconds=10)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def version(self) -> str:
        """Return which version it is."""
        return str(self._ask("GET", "/status").json()["versionInfo"]["version"])

    def alerts(self) -> list[dict[str, Any]]:
        """Return all alerts that it knows, held back or not, each with its `status`."""
        found: list[dict[str, Any]] = self._ask("GET", "/alerts").json()
        return found

    def silence(self, matchers: Iterable[Matcher]) -> str:
        """Set a silence and return its id."""
        now = dt.datetime.now(dt.UTC)
        body = {
            "matchers": [matcher.api_form for matcher in matchers],
            "startsAt": now.isoformat(),
            "endsAt": (now + dt.timedelta(seconds=SILENCE_SECONDS)).isoformat(),
            "createdBy": "promdrill",
            "comment": "a phase of a drill",
        }
        return str(self._ask("POST", "/silences", body).json()["silenceID"])

    def expire(self, silence: str) -> None:
        """End a silence."""
        self._ask("DELETE", f"/silence/{silence}")

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body).raise_for_status()
        except httpx.HTTPStatusError as error:
            raise StackError(f"Alertmanager refuses {method} {path}: {error.response.text.strip()}") from error
        except httpx.HTTPError as error:
            raise StackError(f"Alertmanager does not answer {method} {path}: {error!r}") from error
