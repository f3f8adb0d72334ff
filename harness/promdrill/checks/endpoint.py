"""The documented endpoints answer, in the documented media type; the scraped one moves with what the app does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from promdrill.checks.registry import ResultsFor, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.contract.records import Endpoint
    from promdrill.evidence import Evidence
    from promdrill.model import Result

OK = 200
FIRST_ERROR = 400


@check("endpoint")
def endpoint(evidence: Evidence) -> Iterator[Result]:
    """The scraped endpoint answers 200 before and after the load, and not the same; others answer what they promise."""
    scenario = evidence.scenario
    for promised in scenario.contract.endpoints:
        claim = ResultsFor("endpoint", promised.endpoint, scenario.source(promised.source))
        if promised.endpoint == f"GET {scenario.metrics_path}":
            yield _judge_scrape(claim, promised, evidence)
        else:
            yield _judge_answer(
                claim, promised, evidence.answers.get(promised.endpoint, {"error": "it was not requested"})
            )


def _judge_scrape(claim: ResultsFor, promised: Endpoint, evidence: Evidence) -> Result:
    first, last = evidence.first_scrape, evidence.last_scrape
    statuses = [first.status, last.status]
    if statuses != [OK, OK]:
        return claim.failed(
            f"{promised.endpoint} answered {first.status} before the load and {last.status} after it, not {OK}",
            "look at the app's log in the evidence",
            statuses=statuses,
        )
    media_type = _media_type(last.content_type)
    if media_type != promised.content_type:
        return claim.failed(
            f"{promised.endpoint} answers as {media_type!r}, not {promised.content_type!r}",
            "send the content type that the client library gives with the text",
            content_type=last.content_type,
        )
    if first.text == last.text:
        return claim.failed(
            f"{promised.endpoint} gave the same text before and after the load",
            "render the registry at each request; do not cache it",
            bytes=len(last.text),
        )
    return claim.passed(
        f"{promised.endpoint} answered {OK} as {media_type}, updated by the load", content_type=last.content_type
    )


def _judge_answer(claim: ResultsFor, promised: Endpoint, answer: Mapping[str, Any]) -> Result:
    if "error" in answer:
        return claim.failed(
            f"{promised.endpoint} did not answer: {answer['error']}", "look at the app's log in the evidence"
        )
    status, content_type = answer["status"], answer["headers"].get("content-type", "")
    numbers = {"status": status, "content_type": content_type}
    if status >= FIRST_ERROR:
        return claim.failed(
            f"{promised.endpoint} answered {status} on a healthy app",
            "look at the app's log in the evidence",
            **numbers,
        )
    if _media_type(content_type) != promised.content_type:
        return claim.failed(
            f"{promised.endpoint} answers as {_media_type(content_type)!r}, not {promised.content_type!r}",
            "send the documented content type",
            **numbers,
        )
    lacking = [key for key in promised.has if not _has(answer["body"], key)]
    if lacking:
        return claim.failed(
            f"the answer of {promised.endpoint} has no {', '.join(lacking)}",
            "include every documented key in the answer",
            lacking=lacking,
            **numbers,
        )
    keys = f" with {', '.join(promised.has)}" if promised.has else ""
    return claim.passed(f"{promised.endpoint} answered {status} as {promised.content_type}{keys}", **numbers)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip()


def _has(body: str, key: str) -> bool:
    """Tell whether a JSON body has a dotted key, with any value."""
    try:
        data = json.loads(body)
    except ValueError:
        return False
    for part in key.split("."):
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True
