from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from promdrill_examples.ai_shorts.logs import FIELDS

if TYPE_CHECKING:
    from conftest import Shorts

SECRETS = ("sk-secret", "ann@example.org", "the butler did it")


def test_every_line_has_the_documented_fields_first_and_a_time_with_its_zone(shorts: Shorts) -> None:
    """A field that has nothing to say is null; the others of an event follow."""
    shorts.job("of fields")
    shorts.http.get("/jobs/nothing")
    lines = shorts.lines()
    assert [tuple(line)[: len(FIELDS)] for line in lines] == [FIELDS] * len(lines)
    assert {dt.datetime.fromisoformat(line["timestamp"]).tzinfo for line in lines} == {dt.UTC}


def test_lines_of_a_job_say_whose_and_which_it_is(shorts: Shorts) -> None:
    """From the look-up to the answer, each line of a request has the ids that are known by then."""
    job = shorts.job("of lines", X_Trace_ID="journey", X_Request_ID="one").json()
    lines = shorts.lines(trace_id="journey", request_id="one", user_id="ann", job_id=job["id"], batch_id=None)
    assert [(line["logger"], line["level"], line["message"], line["status_code"]) for line in lines] == [
        ("ai_shorts.jobs", "DEBUG", "Cache looked up", None),
        ("ai_shorts.writing", "DEBUG", "Model called", None),
        ("ai_shorts.jobs", "INFO", "Job ended", None),
        ("ai_shorts.api", "INFO", "Request processed", 201),
    ]
    assert [line["duration_ms"] is not None for line in lines] == [False, True, True, True]


def test_lines_of_a_batch_tell_its_jobs_apart(shorts: Shorts) -> None:
    """Each line of a job has its id; those of the whole batch have none."""
    batch = shorts.batch(("script", "line 1"), ("outline", "line 2")).json()
    lines = shorts.lines(batch_id=batch["id"])
    jobs = [line["job_id"] for line in lines if line["message"] == "Job ended"]
    assert sorted(jobs) == sorted(job["id"] for job in batch["jobs"])
    assert {line["message"] for line in lines if line["job_id"] is None} == {"Batch ended", "Request processed"}


def test_one_request_after_the_other_leaves_no_ids_behind(shorts: Shorts) -> None:
    """What was bound for a job is not on the lines of the next request."""
    shorts.job("leaves nothing")
    shorts.http.get("/health", headers={"X-Trace-ID": "next"})
    assert [line["job_id"] for line in shorts.lines(trace_id="next")] == [None]


@pytest.mark.parametrize(("path", "level"), [("/health", "DEBUG"), ("/jobs/nothing", "WARNING"), ("/no", "WARNING")])
def test_the_level_follows_from_the_answer(shorts: Shorts, path: str, level: str) -> None:
    """What monitoring asks for is detail; what a client did wrong is a warning."""
    shorts.http.get(path)
    assert [line["level"] for line in shorts.lines()] == [level]


def test_a_job_that_fails_is_an_error_and_says_which(shorts: Shorts) -> None:
    """The code is that of the answer."""
    shorts.fakes.fault("ollama", {"status": 500})
    shorts.job("an error")
    [line] = shorts.lines(message="Job ended")
    assert (line["level"], line["error_code"]) == ("ERROR", "llm")


def test_a_database_that_does_not_answer_is_critical(shorts: Shorts) -> None:
    """Without it nothing is kept."""
    with closing(sqlite3.connect(shorts.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        shorts.batch(("script", "critical"))
    assert [line["message"] for line in shorts.lines(level="CRITICAL")] == ["Job ended", "Batch not kept"]


def test_what_users_send_is_never_logged(shorts: Shorts) -> None:
    """Neither prompts nor keys nor addresses, wherever they are sent, and whatever becomes of the request."""
    key, address, prompt = SECRETS
    shorts.job(prompt, Authorization=f"Bearer {key}")
    shorts.fakes.fault("ollama", {"status": 500, "message": f"cannot read {prompt}"})
    shorts.job(f"{prompt}; write to {address}")
    shorts.job("fine", user=address)
    shorts.http.get(f"/jobs/{key}", params={"key": key})
    shorts.http.get(f"/{key}", headers={"Referer": address})
    text = shorts.log.read_text()
    assert len(text.splitlines()) >= 9
    assert [secret for secret in SECRETS if secret in text] == []
