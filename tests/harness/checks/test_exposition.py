from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill.checks.exposition import exposition
from promdrill.model import Status
from tests.words import Facts, FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from promdrill.evidence import Evidence

CONTRACT = {
    "metrics": {
        name: {"type": "counter", "labels": {"model": ["a"]}, "witness": {"ledger": "ollama"}, "source": "doc:1"}
        for name in ("calls_total", "failures_total")
    }
}
GOOD = """\
# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{model="a"} 1
# HELP failures_total Failures.
# TYPE failures_total counter
failures_total{model="a"} 0
"""
HIDDEN = "# HELP hidden x\n# TYPE hidden gauge\nhidden 1\n"
AUTOMATIC = f"""\
{GOOD}# HELP target_info Target metadata
# TYPE target_info gauge
target_info{{service_name="shop"}} 1
# HELP http_server_active_requests Requests.
# TYPE http_server_active_requests gauge
http_server_active_requests{{otel_scope_name="opentelemetry.instrumentation.fastapi"}} 0
# HELP http_seconds Durations.
# TYPE http_seconds histogram
http_seconds_count 0
{HIDDEN}"""
OTEL = {"subject": "auto-instrumentation", "metric": "http_seconds", "witness": {"ledger": "client"}, "source": "doc:2"}
RUNS: dict[str, dict[str, Any]] = {
    "automatic": {"contract": {"otel": [OTEL]}, "last": AUTOMATIC},
    "automatic, not promised": {"last": AUTOMATIC},
    "good": {"last": GOOD},
    "malformed": {"last": GOOD.replace('calls_total{model="a"} 1', 'calls_total{model="a"}} 1')},
    "twice": {"last": f'{GOOD}failures_total{{model="a"}} 0\n'},
    "bare": {"last": GOOD.replace("# HELP calls_total Calls.\n# TYPE calls_total counter\n", "")},
    "no help": {"last": GOOD.replace("# HELP calls_total Calls.\n", "")},
    "undocumented": {"last": GOOD + HIDDEN},
}


def failed(subject: str, **evidence: object) -> Facts:
    """Return a failure."""
    return Facts("exposition", subject, Status.FAILED, evidence)


def test_good(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """Well-formed text with documented families only passes, once for the whole endpoint."""
    assert facts(exposition(evidence_of("good"))) == [Facts("exposition", "GET /metrics", Status.PASSED, {"series": 2})]


def test_malformed(evidence_of: Callable[[str], Evidence]) -> None:
    """A malformed line fails under the name of its metric, with the line and its number."""
    [found] = exposition(evidence_of("malformed"))
    assert (found.subject, found.status, found.evidence) == (
        "calls_total",
        Status.FAILED,
        {"line": 3, "text": 'calls_total{model="a"}} 1'},
    )


def test_twice(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A series that stands twice fails."""
    assert facts(exposition(evidence_of("twice"))) == [
        failed("failures_total", line=7, text='failures_total{model="a"} 0')
    ]


def test_bare(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A family without HELP and TYPE fails."""
    assert facts(exposition(evidence_of("bare"))) == [failed("calls_total", missing=["HELP", "TYPE"])]


def test_no_help(evidence_of: Callable[[str], Evidence]) -> None:
    """A family without HELP fails, and its TYPE is not complained of."""
    [found] = exposition(evidence_of("no help"))
    assert (found.subject, found.status, found.evidence) == ("calls_total", Status.FAILED, {"missing": ["HELP"]})


def test_undocumented(evidence_of: Callable[[str], Evidence], facts: FactsOf) -> None:
    """A family that no document names fails."""
    assert facts(exposition(evidence_of("undocumented"))) == [failed("hidden", series=1)]


def test_automatic(evidence_of: Callable[[str], Evidence]) -> None:
    """What OpenTelemetry's auto-instrumentation adds is documented where it is promised, and nothing beside it."""
    assert [one.subject for one in exposition(evidence_of("automatic"))] == ["hidden"]


def test_automatic_unpromised(evidence_of: Callable[[str], Evidence]) -> None:
    """Where no auto-instrumentation is promised, its metrics are undocumented."""
    found = [one.subject for one in exposition(evidence_of("automatic, not promised"))]
    assert found == ["target_info", "http_server_active_requests", "http_seconds", "hidden"]
