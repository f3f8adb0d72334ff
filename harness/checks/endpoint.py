"""The documented endpoint answers, in the documented media type, and moves with what the app does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.registry import Claimed, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.evidence import Evidence
    from harness.model import Result

OK = 200


@check("endpoint")
def endpoint(evidence: Evidence) -> Iterator[Result]:
    """The metrics endpoint answers 200 before and after the load, and not with the same numbers."""
    for promised in evidence.scenario.contract.endpoints:
        claim = Claimed("endpoint", promised.endpoint, evidence.scenario.source(promised.source))
        first, last = evidence.first_scrape, evidence.last_scrape
        statuses = [first.status, last.status]
        media_type = last.content_type.partition(";")[0].strip()
        if statuses != [OK, OK]:
            yield claim.failed(
                f"{promised.endpoint} answered {first.status} before the load and {last.status} after it, not {OK}",
                "look at the app's log in the evidence",
                statuses=statuses,
            )
        elif media_type != promised.content_type:
            yield claim.failed(
                f"{promised.endpoint} answers as {media_type!r}, not {promised.content_type!r}",
                "send the content type that the client library gives with the text",
                content_type=last.content_type,
            )
        elif first.text == last.text:
            yield claim.failed(
                f"{promised.endpoint} gave the same text before and after the load",
                "render the registry at each request; do not cache it",
                bytes=len(last.text),
            )
        else:
            yield claim.passed(
                f"{promised.endpoint} answered {OK} as {media_type}, updated by the load",
                content_type=last.content_type,
            )
