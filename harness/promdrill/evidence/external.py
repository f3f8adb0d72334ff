"""A Prometheus that is there already, the user's own: how it is reached, and its answers kept for a replay.

Mimir, Thanos and VictoriaMetrics answer the same queries. Nothing but `query` and `query_range` is asked of any.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from promdrill.errors import EvidenceError, UsageError
from promdrill.evidence.prometheus_api import PrometheusApi

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ANSWERS_FILE = "prometheus.answers.jsonl"
SECONDS = 30.0
HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(?P<value>\S.*)")
REFUSALS = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})
# VictoriaMetrics shows what is younger than 30 s only where this is said; to the others it means nothing.
FRESH = {"nocache": "1", "latency_offset": "1ms"}


@dataclass(frozen=True)
class PrometheusAddress:
    """The address of one, which can be told to anybody, and what opens it, which cannot."""

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str, headers: Iterable[str]) -> PrometheusAddress:
        """Read what a user wrote: a URL, with user and password in it or not, and headers like `Name: value`.

        Raises:
            UsageError: it is none; the message repeats no secret.
        """
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            raise UsageError("--prometheus-url is not a URL; give one like http://prometheus:9090") from None
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise UsageError("--prometheus-url begins with http:// or https:// and names a host")
        if parsed.query or parsed.fragment:
            raise UsageError("--prometheus-url ends where /api/v1 begins: remove ? or # and what follows")
        found = [HEADER.fullmatch(header) for header in headers]
        if not all(found):
            raise UsageError("--prometheus-header is written like 'X-Scope-OrgID: team-a'")
        login = (parsed.username, parsed.password) if parsed.userinfo else None
        shown = str(parsed.copy_with(username=None, password=None)).rstrip("/")
        return cls(shown, login, {one["name"]: one["value"] for one in found if one})

    def client(self) -> httpx.Client:
        """Return a client of it, by the machine's own proxies and certificates; a refusal is raised as wrong use."""
        return httpx.Client(
            base_url=self.url,
            auth=self.login,
            headers=dict(self.headers),
            params=FRESH,
            timeout=SECONDS,
            event_hooks={"response": [self._let_in]},
        )

    def recording(self, folder: Path, foreign: Iterable[str]) -> PrometheusApi:
        """Return its API that writes every answer into an evidence folder."""
        client = self.client()
        client.event_hooks["response"].append(_Recording(folder / ANSWERS_FILE).note)
        return PrometheusApi(self.url, client, frozenset(foreign))

    def _let_in(self, response: httpx.Response) -> None:
        if response.status_code in REFUSALS:
            raise UsageError(
                f"Prometheus at {self.url} refused access ({response.status_code}): put"
                " user:password@ into the URL, or give the --prometheus-header that it wants, such as Authorization"
                " or X-Scope-OrgID"
            )


def read_prometheus(folder: Path, url: str, foreign: Iterable[str]) -> PrometheusApi:
    """Return the API that answers as it did in the run of an evidence folder, and nothing else.

    Raises:
        EvidenceError: the file cannot be read.
    """
    return PrometheusApi(
        url, httpx.Client(base_url=url, transport=_Replaying(folder / ANSWERS_FILE)), frozenset(foreign)
    )


def _request_key(request: httpx.Request) -> str:
    return f"{request.url.path.rpartition('/')[2]}?{request.content.decode()}"


class _Recording:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def note(self, response: httpx.Response) -> None:
        response.read()
        row = {"asked": _request_key(response.request), "status": response.status_code, "text": response.text}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(row)}\n")


class _Replaying(httpx.BaseTransport):
    def __init__(self, path: Path) -> None:
        try:
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            self._answers = {row["asked"]: httpx.Response(row["status"], text=row["text"]) for row in rows}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvidenceError(f"{path} cannot be read: {error!r}") from error
        self._path = path

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        answer = self._answers.get(_request_key(request))
        if answer is None:
            raise EvidenceError(f"{self._path} has no answer to {_request_key(request)}: the run did not send it")
        return httpx.Response(answer.status_code, text=answer.text)
