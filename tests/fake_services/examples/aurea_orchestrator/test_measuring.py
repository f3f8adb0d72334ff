from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.parser import text_string_to_metric_families

from promdrill_examples.aurea_orchestrator import metrics

if TYPE_CHECKING:
    from conftest import Aurea

COUNTED = ("aurea_http", "aurea_request", "http_server")


def counted(method: str, endpoint: str, status: int, target: str | None = None) -> dict[str, float]:
    """Return what one request adds to each of the three metrics of requests."""
    verb = method if method in {"GET", "POST"} else "OTHER"
    seen = ",".join(
        ("1.1", "testserver", method, "http", "testserver", str(status), endpoint if target is None else target, "80")
    )
    return {
        f"aurea_http_requests_total{{{endpoint},{verb},{status}}}": 1,
        f"aurea_request_latency_seconds_count{{{endpoint}}}": 1,
        f"http_server_duration_milliseconds_count{{{seen}}}": 1,
    }


def sums() -> list[float]:
    """Return the time of all requests, as the app and as OpenTelemetry measure it."""
    names = ("aurea_request_latency_seconds_sum", "http_server_duration_milliseconds_sum")
    samples = [one for family in metrics.REGISTRY.collect() for one in family.samples]
    return [sum(one.value for one in samples if one.name == name) for name in names]


def test_a_request_is_counted_under_its_route(aurea: Aurea) -> None:
    """By the app and by OpenTelemetry, neither knows which task it was about."""
    task = aurea.order().json()["id"]
    with aurea.changes(*COUNTED) as added:
        aurea.http.get(f"/tasks/{task}")
    assert added == counted("GET", "/tasks/{task_id}", 200)


def test_a_task_that_is_not_there_is_counted(aurea: Aurea) -> None:
    """The route is there, whatever it is asked for."""
    with aurea.changes(*COUNTED) as added:
        aurea.http.get("/tasks/none/report")
    assert added == counted("GET", "/tasks/{task_id}/report", 404)


def test_a_path_without_a_route_is_counted_with_all_others(aurea: Aurea) -> None:
    """OpenTelemetry gives it no route."""
    with aurea.changes(*COUNTED) as added:
        aurea.http.get("/wp-login.php")
    assert added == counted("GET", "unmatched", 404, "")


def test_a_method_that_a_route_does_not_take_is_counted(aurea: Aurea) -> None:
    """Under one name with all methods that the app does not know."""
    with aurea.changes(*COUNTED) as added:
        aurea.http.delete("/tasks")
    assert added == counted("DELETE", "/tasks", 405)


def test_bad_input_is_counted(aurea: Aurea) -> None:
    """It never reaches a route's function, and is a request all the same."""
    with aurea.changes(*COUNTED) as added:
        aurea.http.post("/tasks", json={})
    assert added == counted("POST", "/tasks", 422)


def test_an_exception_that_nothing_handles_is_counted(aurea: Aurea) -> None:
    """The report of a failed task raises; the client is told, with the ids, to take another connection."""
    failed = aurea.order(with_tools=True).json()["id"]
    with aurea.changes(*COUNTED) as added:
        response = aurea.http.get(f"/tasks/{failed}/report", headers={"X-Request-ID": "sent"})
    assert added == counted("GET", "/tasks/{task_id}/report", 500)
    assert response.json() == {"error": {"code": "unhandled", "message": "RuntimeError"}}
    assert (response.headers["Connection"], response.headers["X-Request-ID"]) == ("close", "sent")


def test_what_monitoring_asks_for_is_not_counted(aurea: Aurea) -> None:
    """A scrape every second would be most of an idle app's requests."""
    with aurea.changes(*COUNTED) as added:
        aurea.http.get("/health")
        aurea.http.get("/metrics")
    assert added == {}


def test_latency_is_that_of_the_app_s_clock(aurea: Aurea) -> None:
    """At rate 100, a model that takes 50 ms takes 5 s; OpenTelemetry, which knows no such clock, says 50 ms or more."""
    aurea.fakes.configure(latency={"ollama": {"v1_chat": {"constant": {"seconds": 0.05}}}})
    before = sums()
    aurea.order()
    seconds, milliseconds = (after - earlier for earlier, after in zip(before, sums(), strict=True))
    assert (seconds >= 5, milliseconds >= 50, milliseconds < seconds * 1000) == (True, True, True)


def test_every_series_is_there_from_the_start(aurea: Aurea) -> None:
    """Whatever happens later adds none: 3 methods x 4 endpoints x 9 statuses, 4 models x 2 ends, and so on."""
    names = [name.partition("{")[0] for name in aurea.samples() if name.startswith("aurea_")]
    assert {name: names.count(name) for name in names} == {
        "aurea_http_requests_total": 108,
        "aurea_request_latency_seconds_count": 4,
        "aurea_tasks_total": 8,
        "aurea_active_tasks": 1,
        "aurea_llm_tokens_total": 4,
        "aurea_llm_cost_usd_total": 4,
    }


def test_the_endpoint_serves_one_exposition(aurea: Aurea) -> None:
    """The app's own metrics and OpenTelemetry's stand in it together, each family once."""
    aurea.order()
    response = aurea.http.get("/metrics")
    families = [family.name for family in text_string_to_metric_families(response.text)]
    assert response.headers["Content-Type"] == CONTENT_TYPE_LATEST
    assert families == [
        "aurea_http_requests",
        "aurea_request_latency_seconds",
        "aurea_tasks",
        "aurea_active_tasks",
        "aurea_llm_tokens",
        "aurea_llm_cost_usd",
        "http_server_duration_milliseconds",
    ]
