"""What is asked of a running stack once its load is over: endpoints, who is let in, how long samples are kept."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx

from promdrill import conventions, plain_http
from promdrill.errors import StackError
from promdrill.evidence.prometheus_api import PrometheusApi
from promdrill.stack import binaries, monitoring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promdrill.contract import Contract, Scenario
    from promdrill.evidence.folder import Recorder
    from promdrill.stack.processes import Processes
    from promdrill.stack.stack import Stack

SECONDS = 10.0
WRONG_TOKEN = "not-the-token"  # noqa: S105 - it opens nothing
RETENTION_FLAG = "storage.tsdb.retention.time"


def inspect_stack(recorder: Recorder, scenario: Scenario, stack: Stack) -> None:
    """Ask all of it and save it as evidence; nothing is judged here.

    Raises:
        StackError: Prometheus does not answer.
    """
    contract, token, url = scenario.contract, scenario.drill.app.token, f"http://{stack.app}"
    # The one that is scraped is saved before and after the load.
    others = [one.endpoint for one in contract.endpoints if one.endpoint != f"GET {scenario.metrics_path}"]
    recorder.json(conventions.ENDPOINT_ANSWERS, ask_endpoints(others, url, token))
    recorder.json(conventions.ACCESS_ANSWERS, ask_for_access(contract, url, token))
    if stack.external_prometheus:
        return
    kept = ask_for_retention(contract, stack.prometheus, stack.processes)
    recorder.json(conventions.RETENTION, kept)


def ask_endpoints(endpoints: Iterable[str], url: str, token: str | None) -> dict[str, dict[str, Any]]:
    """Return what each endpoint answers: `status`, `headers` (lower-case names) and `body`, or `error`."""
    return {endpoint: _ask(endpoint, url, token) for endpoint in endpoints}


def ask_for_access(contract: Contract, url: str, token: str | None) -> dict[str, dict[str, int | None]]:
    """Return the status of each protected endpoint by what it was shown: `nothing`, `wrong` or `right` token.

    None where there was no answer, or where the drill has no token to show.
    """
    shown = {"nothing": None, "wrong": WRONG_TOKEN, **({"right": token} if token else {})}
    return {
        one.endpoint: {name: _ask(one.endpoint, url, text).get("status") for name, text in shown.items()}
        for one in contract.security
    }


def ask_for_retention(contract: Contract, prometheus: PrometheusApi, processes: Processes) -> dict[str, Any]:
    """Return how long Prometheus keeps samples, in its own words: `flag` it was given, `kept` and `default`.

    The default is what one on an empty folder without the flag says; it is asked where the contract promises one.

    Raises:
        StackError: one of them does not answer.
    """
    try:
        flags = prometheus.get("status/flags")
        return {
            "flag": flags.get(RETENTION_FLAG),
            "kept": _retention(prometheus),
            "default": _default(processes) if contract.retention else None,
        }
    except httpx.HTTPError as error:
        raise StackError(f"Prometheus' status could not be read: {error!r}") from error


def _ask(endpoint: str, url: str, token: str | None) -> dict[str, Any]:
    method, path = endpoint.split(maxsplit=1)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with plain_http.client(seconds=SECONDS) as client:
            answer = client.request(method, url + path, headers=headers)
    except httpx.HTTPError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"status": answer.status_code, "headers": dict(answer.headers), "body": answer.text}


def _retention(prometheus: PrometheusApi) -> str | None:
    kept: str | None = prometheus.get("status/runtimeinfo").get("storageRetention")
    return kept


@functools.lru_cache(maxsize=16)  # once for a stack that stays up for several apps
def _default(processes: Processes) -> str | None:
    folder = processes.temporary_folder()
    (folder / conventions.PROMETHEUS_TEMPLATE).write_text("{}\n", encoding="utf-8")
    port = processes.ports.take()
    part = replace(
        monitoring.prometheus(binaries.find("prometheus").path, folder, port), name="prometheus-default", image=None
    )
    running = processes.start_all([part])[part.name]
    try:
        with contextlib.closing(PrometheusApi(f"http://{conventions.LOOPBACK}:{port}")) as api:
            return _retention(api)
    finally:
        processes.end(running)
