from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    import httpx
    from conftest import Shorts

REFUSED = {"status": 500}


def failed(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of an error."""
    return response.status_code, response.json()["error"]["code"]


def test_a_healthy_app_says_so_of_all_that_it_needs(shorts: Shorts) -> None:
    """Model server and database are named, and up."""
    response = shorts.http.get("/health")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "dependencies": {"llm": "up", "database": "up"}},
    )


def test_an_app_without_its_models_is_degraded(shorts: Shorts) -> None:
    """The dependency that is down is told, under a status that a load balancer understands."""
    shorts.fakes.fault("ollama", REFUSED)
    response = shorts.http.get("/health")
    assert (response.status_code, response.json()) == (
        503,
        {"status": "degraded", "dependencies": {"llm": "down", "database": "up"}},
    )


def test_metrics_are_prometheus_text(shorts: Shorts) -> None:
    """The endpoint answers in the client library's own content type."""
    response = shorts.http.get("/metrics")
    assert (response.status_code, response.headers["content-type"]) == (200, CONTENT_TYPE_LATEST)


def test_a_new_job_is_a_miss_and_one_call_whose_tokens_the_model_states(shorts: Shorts) -> None:
    """Tokens are those that the fake says it used, prompt and answer together."""
    with shorts.changes() as changes:
        answer = shorts.job("a new job").json()
    [(prompt, completion)] = shorts.fakes.told("prompt_tokens", "completion_tokens", route="generate")
    assert (answer["status"], bool(answer["text"]), answer["error"]) == ("success", True, None)
    assert changes == {
        "jobs_created_total{script}": 1,
        "jobs_completed_total{script,success}": 1,
        "job_duration_seconds_count{script}": 1,
        "cache_misses_total{}": 1,
        "cache_entries{}": 1,
        "llm_requests_total{llama3.2:1b,success}": 1,
        "llm_latency_seconds_count{llama3.2:1b}": 1,
        "tokens_used_count{llama3.2:1b}": 1,
        "tokens_used_sum{llama3.2:1b}": prompt + completion,
    }


def test_a_job_like_one_before_is_a_hit_and_no_call(shorts: Shorts) -> None:
    """The text is the same, and no model is asked."""
    first = shorts.job("asked twice", "outline").json()
    with shorts.changes() as changes:
        second = shorts.job("asked twice", "outline").json()
    assert (second["text"], second["id"] != first["id"]) == (first["text"], True)
    assert len(shorts.fakes.journal(route="generate")) == 1
    assert changes == {
        "jobs_created_total{outline}": 1,
        "jobs_completed_total{outline,success}": 1,
        "job_duration_seconds_count{outline}": 1,
        "cache_hits_total{}": 1,
    }


def test_the_prompt_of_another_model_is_a_miss(shorts: Shorts) -> None:
    """What one model wrote is no answer of another."""
    shorts.job("for two models", "script")
    with shorts.changes() as changes:
        shorts.job("for two models", "storyboard")
    assert changes["cache_misses_total{}"] == 1
    assert [model for (model,) in shorts.fakes.told("model", route="generate")] == ["llama3.2:1b", "mistral:7b"]


@pytest.mark.parametrize("effect", [REFUSED, {"reset": "before_headers"}, {"truncate": 40}, {"hang": True}])
def test_a_job_whose_model_does_not_answer_has_failed(shorts: Shorts, effect: dict[str, Any]) -> None:
    """However the model fails, job, call and error are counted once, without tokens; the failure is not kept."""
    shorts.fakes.fault("ollama", effect)
    with shorts.changes() as changes:
        assert failed(shorts.job(f"fails by {effect}")) == (502, "llm")
    assert changes == {
        "jobs_created_total{script}": 1,
        "jobs_completed_total{script,failed}": 1,
        "job_duration_seconds_count{script}": 1,
        "cache_misses_total{}": 1,
        "llm_requests_total{llama3.2:1b,failure}": 1,
        "llm_latency_seconds_count{llama3.2:1b}": 1,
        "errors_total{llm}": 1,
    }


def test_a_failure_is_not_cached(shorts: Shorts) -> None:
    """The next job with the prompt asks the model again."""
    shorts.fakes.fault("ollama", REFUSED, trigger={"first": 1})
    assert [shorts.job("fails once").status_code for _ in range(2)] == [502, 201]


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        ((("script", "1"), ("script", "2")), "completed"),
        ((("script", "3"), ("storyboard", "4")), "partial"),
        ((("storyboard", "5"), ("storyboard", "6")), "failed"),
    ],
)
def test_a_batch_is_what_became_of_its_jobs(shorts: Shorts, jobs: tuple[tuple[str, str], ...], status: str) -> None:
    """A batch has one status, and its jobs each their own, in the order in which they were handed in."""
    shorts.fakes.fault("ollama", REFUSED, match={"model": "mistral:7b"})
    with shorts.changes() as changes:
        answer = shorts.batch(*jobs)
    told = answer.json()
    assert (answer.status_code, told["status"], told["error"]) == (201, status, None)
    assert [(job["job_type"], job["error"]) for job in told["jobs"]] == [
        (job_type, "llm" if job_type == "storyboard" else None) for job_type, _ in jobs
    ]
    counted = {name: value for name, value in changes.items() if name.startswith("batch")}
    assert counted == {
        "batches_created_total{}": 1,
        f"batches_completed_total{{{status}}}": 1,
        "batch_processing_seconds_count{}": 1,
    }


def test_jobs_of_a_batch_run_at_once_and_are_active_meanwhile(shorts: Shorts) -> None:
    """Every call has begun before the first has ended; afterwards no job is active."""
    shorts.fakes.fault("ollama", {"latency": 0.3}, match={"route": "generate"})
    shorts.batch(*(("script", f"at once {number}") for number in range(5)))
    calls = shorts.fakes.journal(route="generate")
    assert max(call["started"] for call in calls) < min(call["finished"] for call in calls)
    assert "active_jobs 0.0" in shorts.http.get("/metrics").text.splitlines()


def test_what_has_ended_can_be_read(shorts: Shorts) -> None:
    """A job and a batch with its jobs come back as they were answered, failed ones too."""
    shorts.fakes.fault("ollama", REFUSED, match={"model": "mistral:7b"})
    job = shorts.job("to be read").json()
    batch = shorts.batch(("script", "to be read"), ("storyboard", "lost")).json()
    assert shorts.http.get(f"/jobs/{job['id']}").json() == job
    read = shorts.http.get(f"/batches/{batch['id']}").json()
    assert sorted(read.pop("jobs"), key=lambda one: one["id"]) == sorted(batch.pop("jobs"), key=lambda one: one["id"])
    assert read == batch


@pytest.mark.parametrize("path", ["/jobs/nothing", "/batches/nothing"])
def test_what_is_not_there_is_an_error(shorts: Shorts, path: str) -> None:
    """It is answered with 404, and counted."""
    with shorts.changes() as changes:
        assert failed(shorts.http.get(path)) == (404, "not_found")
    assert changes == {"errors_total{not_found}": 1}


@pytest.mark.parametrize(
    "order",
    [
        {"job_type": "poem", "prompt": "secret", "user": "ann"},
        {"job_type": "script", "prompt": "", "user": "ann"},
        {"job_type": "script", "prompt": "secret", "user": "ann@example.org"},
        {"job_type": "script", "prompt": "secret"},
    ],
)
def test_a_bad_order_is_refused_and_is_no_job(shorts: Shorts, order: dict[str, str]) -> None:
    """It is an error, and the answer repeats nothing of what was sent."""
    with shorts.changes() as changes:
        response = shorts.http.post("/jobs", json=order)
    assert failed(response) == (422, "invalid_request")
    assert "secret" not in response.text
    assert changes == {"errors_total{invalid_request}": 1}


def test_a_job_that_cannot_be_kept_has_failed(shorts: Shorts) -> None:
    """A locked database is an error of its own, told within its timeout."""
    shorts.job("kept once")
    with closing(sqlite3.connect(shorts.database, isolation_level=None)) as other, shorts.changes() as changes:
        other.execute("BEGIN EXCLUSIVE")
        assert failed(shorts.job("kept once")) == (503, "database")
    assert changes == {
        "jobs_created_total{script}": 1,
        "jobs_completed_total{script,failed}": 1,
        "job_duration_seconds_count{script}": 1,
        "cache_hits_total{}": 1,
        "errors_total{database}": 1,
    }


def test_a_batch_that_cannot_be_kept_has_failed(shorts: Shorts) -> None:
    """Its jobs are errors, and so is the batch."""
    with closing(sqlite3.connect(shorts.database, isolation_level=None)) as other, shorts.changes() as changes:
        other.execute("BEGIN EXCLUSIVE")
        assert failed(shorts.batch(("script", "kept once"))) == (503, "database")
    assert {name: changes.get(name) for name in ("errors_total{database}", "batches_completed_total{failed}")} == {
        "errors_total{database}": 2,
        "batches_completed_total{failed}": 1,
    }


def test_users_are_counted_once_each(shorts: Shorts) -> None:
    """A user who hands in two jobs and a batch is one active user."""
    with shorts.changes() as changes:
        shorts.job("of bob", user="bob")
        shorts.job("of bob, again", user="bob")
        shorts.batch(("script", "of bob"), user="bob")
        shorts.job("of eve", user="eve")
    assert changes["active_users{}"] == 2
