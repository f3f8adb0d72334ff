from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Crew


def test_a_run_deletes_what_a_plan_no_longer_keeps(crew: Crew) -> None:
    """Expired objects of the plan go, in one batch for each type; the plan's others and other plans' stay."""
    old = [
        crew.store("blog", b"12345", plan="pro", keep_seconds=0),
        crew.store("blog", b"123", plan="pro", keep_seconds=0),
        crew.store("voiceover", b"1234567", plan="pro", keep_seconds=0),
    ]
    kept = [crew.store("blog", b"1", plan="pro"), crew.store("blog", b"1", plan="free", keep_seconds=0)]
    with crew.changes() as changes:
        answer = crew.clean("pro").json()
    assert answer == {"items": 3, "bytes": 15}
    assert changes == {
        "storage_delete_total{blog}": 2,
        "storage_delete_total{voiceover}": 1,
        "storage_bytes_deleted_total{blog}": 8,
        "storage_bytes_deleted_total{voiceover}": 7,
        "retention_deletes_total{pro}": 3,
        "retention_bytes_freed_total{pro}": 15,
        "retention_cleanup_runs_total{}": 1,
        "retention_cleanup_items_total{}": 3,
        "retention_cleanup_bytes_total{}": 15,
        "retention_cleanup_seconds_count{}": 1,
    }
    assert sorted(crew.fakes.told("key", "bytes", route="DeleteObjects")) == sorted(zip(old, (5, 3, 7), strict=True))
    assert [crew.http.get(f"/artifacts/{key}").status_code for key in kept] == [200, 200]


def test_an_object_is_kept_for_its_seconds_on_the_clock_of_the_app(crew: Crew) -> None:
    """What is to be kept is not deleted before its time."""
    crew.store("blog", b"1", plan="enterprise", keep_seconds=3600)
    assert crew.clean("enterprise").json() == {"items": 0, "bytes": 0}


def test_a_run_with_nothing_to_do_is_a_run(crew: Crew) -> None:
    """It is counted, and its duration observed."""
    with crew.changes() as changes:
        crew.clean("gdpr")
    assert changes == {"retention_cleanup_runs_total{}": 1, "retention_cleanup_seconds_count{}": 1}


def test_a_run_is_as_long_as_all_its_calls_to_the_storage(crew: Crew) -> None:
    """Its duration covers the listing of each type, in the app's seconds."""
    crew.fakes.fault("s3", {"latency": 0.01}, match={"route": "ListObjectsV2"})
    before = crew.sum_of("retention_cleanup_seconds")
    crew.clean("free")
    served = [entry["finished"] - entry["started"] for entry in crew.fakes.journal(route="ListObjectsV2")]
    assert len(served) == 4
    assert crew.sum_of("retention_cleanup_seconds") - before >= 100 * sum(served) >= 100 * 4 * 0.01


def test_an_object_that_cannot_be_deleted_is_a_failed_delete(crew: Crew) -> None:
    """The others go all the same; the run is counted, with what it deleted, and answers with an error."""
    stays = crew.store("blog", b"12345", plan="pro", keep_seconds=0)
    crew.store("voiceover", b"123", plan="pro", keep_seconds=0)
    crew.fakes.fault("s3", {"status": 403, "code": "AccessDenied"}, match={"route": "DeleteObjects", "key": stays})
    with crew.changes() as changes:
        response = crew.clean("pro")
    assert (response.status_code, response.json()["error"]["code"]) == (502, "storage_failed")
    assert changes == {
        "storage_delete_total{blog}": 1,
        "storage_failures_total{blog,delete}": 1,
        "storage_delete_total{voiceover}": 1,
        "storage_bytes_deleted_total{voiceover}": 3,
        "retention_deletes_total{pro}": 1,
        "retention_bytes_freed_total{pro}": 3,
        "retention_cleanup_runs_total{}": 1,
        "retention_cleanup_items_total{}": 1,
        "retention_cleanup_bytes_total{}": 3,
        "retention_cleanup_seconds_count{}": 1,
    }


def test_a_run_that_cannot_list_is_a_failed_run_and_no_failed_delete(crew: Crew) -> None:
    """A run that fails at once is counted, too."""
    crew.fakes.fault("s3", {"status": 403, "code": "AccessDenied"}, match={"route": "ListObjectsV2"})
    with crew.changes() as changes:
        response = crew.clean("pro")
    assert (response.status_code, response.json()["error"]["code"]) == (502, "storage_failed")
    assert changes == {"retention_cleanup_runs_total{}": 1, "retention_cleanup_seconds_count{}": 1}


def test_two_runs_at_once_count_an_object_once(crew: Crew) -> None:
    """Runs for one plan take turns, so that none finds what another is about to delete."""
    for _ in range(5):
        crew.store("blog", b"1234", plan="free", keep_seconds=0)
    with crew.changes() as changes, ThreadPoolExecutor(4) as pool:
        list(pool.map(crew.clean, ["free"] * 4))
    assert (changes["retention_deletes_total{free}"], changes["retention_cleanup_runs_total{}"]) == (5, 4)
    assert changes["storage_bytes_deleted_total{blog}"] == 20
