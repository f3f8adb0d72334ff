"""Prints what the app exposes and leaves behind before and after the same requests, as it is (`none`) or with a mutant.

A line that begins with what a contract promises tells how that promise was kept, as metrics do for themselves.
"""

from __future__ import annotations

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from promdrill_examples.ai_shorts.api import create_app
from promdrill_examples.ai_shorts.settings import Settings
from tests.fake_services.examples.forked import Steps, with_each_mutant

ORDER = {"job_type": "script", "prompt": "p1", "user": "ann"}


class Calendar(Steps):
    """Tells a date that the exercise sets."""

    date = 1e9

    def time(self) -> float:
        """Return seconds."""
        return self.date


def exercise() -> list[str]:
    """Return the exposition before and after, and what became of ids, log and calls."""
    httpx.post(f"{os.environ['CONTROL']}/reset").raise_for_status()
    clock = Calendar()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "logs", "app.log")
        settings = replace(Settings.from_environment(os.environ), database=f"{folder}/shorts.db", log_file=str(log))
        with TestClient(create_app(settings, clock)) as http:
            exposed = [http.get("/metrics").text]
            traces = requests(http)
            exposed.append(http.get("/metrics").text)
            clock.date += 4000
            exposed.append(http.get("/metrics").text)
            # At the end, for requests at once read the clock in any order.
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda name: slow(http, name), ("one", "two")))
            return [*exposed, told(log.read_text(), traces)]


def requests(http: TestClient) -> list[bool]:
    """Make one of each kind of request; return which responses have a trace id."""
    answers = [
        http.post("/jobs", json={**ORDER, "prompt": f"p{number}", "user": f"ann{number % 2}"})
        for number in (1, 2, 3, 1)
    ]
    failing = {"job_type": "storyboard", "prompt": "fails"}
    first = {"job_type": "script", "prompt": "p1"}
    answers += [http.post("/batches", json={"user": "bob", "jobs": jobs}) for jobs in ([first], [first, failing])]
    answers += [http.post("/jobs", json={**ORDER, **failing}), http.get("/jobs/none"), http.post("/jobs", json={})]
    return ["X-Trace-ID" in answer.headers for answer in answers]


def slow(http: TestClient, name: str) -> None:
    """Hand in a job that takes long, with ids of its own."""
    order = {**ORDER, "job_type": "outline", "prompt": name}
    http.post("/jobs", json=order, headers={"X-Trace-ID": f"trace-{name}", "X-Request-ID": f"request-{name}"})


def told(log: str, traces: list[bool]) -> str:
    """Return how the promises that are no metric were kept."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    journal = httpx.get(f"{os.environ['CONTROL']}/journal").text.splitlines()
    calls = [call for call in map(json.loads, journal) if str(call["trace"]).startswith("request-")]
    findings: dict[str, Any] = {
        "X-Trace-ID": traces,
        "one request, one trace_id": sorted((line["request_id"], line["trace_id"]) for line in own(lines)),
        "every log line of a request carries its trace_id": sorted(
            line["message"] for line in lines if not line["trace_id"]
        ),
        "trace_id in external API calls": sorted(str(call["trace_id"]) for call in calls),
        "JSON line fields": sorted({len(line) for line in lines}),
        "levels": sorted({line["level"] for line in lines}),
        "no sensitive data": "fails" in log,
        "logs/app.log": len(lines) == len(log.splitlines()),
        "p99 Latency": max(call["started"] for call in calls) < min(call["finished"] for call in calls),
    }
    return "\n".join(f"{promise} {json.dumps(kept)}" for promise, kept in findings.items())


def own(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines of requests that came with ids."""
    return [line for line in lines if line["request_id"].startswith("request-")]


with_each_mutant("ai_shorts", exercise)
