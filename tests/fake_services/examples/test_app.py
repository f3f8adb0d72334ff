from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from prometheus_client import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    import httpx
    from conftest import Crew

REFUSED = {"status": 403, "code": "AccessDenied"}


def failed(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of an error."""
    return response.status_code, response.json()["error"]["code"]


def test_health(crew: Crew) -> None:
    """A serving app says so."""
    assert crew.http.get("/health").json() == {"status": "ok"}


def test_metrics_are_prometheus_text(crew: Crew) -> None:
    """The endpoint answers in the client library's own content type, to whoever asks."""
    response = crew.http.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert (response.status_code, response.headers["content-type"]) == (200, CONTENT_TYPE_LATEST)


@pytest.mark.parametrize("stream", [False, True])
def test_a_generation_is_one_call(crew: Crew, stream: bool) -> None:  # noqa: FBT001  pytest passes it by name
    """The model's text comes back and one call is counted, streamed or not."""
    with crew.changes() as changes:
        answer = crew.http.post("/generate", json={"model": "mistral:7b", "topic": "tea", "stream": stream}).json()
    assert (answer["model"], bool(answer["text"])) == ("mistral:7b", True)
    assert crew.fakes.told("route", "model", "stream", "outcome") == [("generate", "mistral:7b", stream, "ok")]
    assert changes == {"llm_calls_total{mistral:7b}": 1, "llm_call_seconds_count{mistral:7b}": 1}


@pytest.mark.parametrize(
    ("stream", "effect"),
    [
        (False, {"status": 500}),
        (True, {"status": 500}),
        (False, {"reset": "before_headers"}),
        (True, {"midstream_error": "out of memory"}),
        (True, {"truncate": 40}),
        (False, {"truncate": 40}),
    ],
)
def test_a_failed_generation_is_a_call_and_a_failure(
    crew: Crew,
    stream: bool,  # noqa: FBT001  pytest passes it by name
    effect: dict[str, Any],
) -> None:
    """However the model fails, the call is counted, observed, and counted as failed, once."""
    crew.fakes.fault("ollama", effect)
    with crew.changes() as changes:
        response = crew.http.post("/generate", json={"model": "llama3.2:1b", "topic": "tea", "stream": stream})
    assert failed(response) == (502, "llm_failed")
    assert changes == {
        "llm_calls_total{llama3.2:1b}": 1,
        "llm_failures_total{llama3.2:1b}": 1,
        "llm_call_seconds_count{llama3.2:1b}": 1,
    }


@pytest.mark.parametrize("provider", ["elevenlabs", "piper", "gtts"])
def test_a_voiceover_is_one_synthesis_and_one_put(crew: Crew, provider: str) -> None:
    """The characters sent, and the bytes of audio stored, are those that the fakes saw."""
    text = "Voilà, a short text! " * 8
    with crew.changes() as changes:
        answer = crew.http.post("/voiceovers", json={"text": text, "provider": provider}).json()
    spoken = crew.fakes.told("characters", "audio_bytes", service="tts", provider=provider)
    stored = crew.fakes.told("key", "bytes", service="s3")
    assert stored == [(answer["key"], answer["bytes"])]
    assert sum(audio for _, audio in spoken) == answer["bytes"]
    assert changes == {
        f"tts_jobs_total{{{provider}}}": 1,
        f"tts_characters_total{{{provider}}}": sum(characters for characters, _ in spoken),
        f"tts_seconds_count{{{provider}}}": 1,
        "storage_put_total{voiceover}": 1,
        "storage_bytes_written_total{voiceover}": answer["bytes"],
    }


@pytest.mark.parametrize("provider", ["elevenlabs", "piper", "gtts"])
@pytest.mark.parametrize("effect", [{"status": 500}, {"reset": "before_headers"}, {"truncate": 0}])
def test_a_failed_synthesis_is_a_job_and_a_failure(crew: Crew, provider: str, effect: dict[str, Any]) -> None:
    """However a provider fails, the job is counted as failed, once, without characters; nothing is stored."""
    crew.fakes.fault("tts", effect)
    with crew.changes() as changes:
        response = crew.http.post("/voiceovers", json={"text": "hello", "provider": provider})
    assert failed(response) == (502, "tts_failed")
    assert changes == {
        f"tts_jobs_total{{{provider}}}": 1,
        f"tts_failures_total{{{provider}}}": 1,
        f"tts_seconds_count{{{provider}}}": 1,
    }


def test_a_voiceover_that_cannot_be_stored_is_a_storage_failure(crew: Crew) -> None:
    """A failure is counted where it happened: the synthesis succeeded."""
    crew.fakes.fault("s3", REFUSED)
    with crew.changes() as changes:
        response = crew.http.post("/voiceovers", json={"text": "hello", "provider": "piper"})
    assert failed(response) == (502, "storage_failed")
    assert changes == {
        "tts_jobs_total{piper}": 1,
        "tts_characters_total{piper}": 5,
        "tts_seconds_count{piper}": 1,
        "storage_put_total{voiceover}": 1,
        "storage_failures_total{voiceover,put}": 1,
    }


def test_an_artifact_is_stored_read_and_deleted(crew: Crew) -> None:
    """Bytes come back as they went in; what was written, read and freed is counted in bytes."""
    body = "naïve café".encode()
    with crew.changes() as changes:
        stored = crew.http.post("/artifacts/blog", params={"plan": "pro"}, content=body)
        path = f"/artifacts/{stored.json()['key']}"
        got, deleted = crew.http.get(path), crew.http.delete(path)
    assert (stored.status_code, stored.json()["bytes"], got.content, deleted.json()) == (201, 12, body, {"bytes": 12})
    assert changes == {
        "storage_put_total{blog}": 1,
        "storage_bytes_written_total{blog}": 12,
        "storage_get_total{blog}": 1,
        "storage_bytes_read_total{blog}": 12,
        "storage_delete_total{blog}": 1,
        "storage_bytes_deleted_total{blog}": 12,
    }


@pytest.mark.parametrize("operation", ["get", "delete"])
def test_an_object_that_is_not_there_is_a_failure(crew: Crew, operation: str) -> None:
    """It is answered with 404 and counted as an attempt that failed."""
    with crew.changes() as changes:
        response = crew.http.request(operation, f"/artifacts/storyboard_image/free/001795827974-{'0' * 32}")
    assert failed(response) == (404, "storage_failed")
    assert changes == {
        f"storage_{operation}_total{{storyboard_image}}": 1,
        f"storage_failures_total{{storyboard_image,{operation}}}": 1,
    }


def test_a_failed_put_counts_no_bytes(crew: Crew) -> None:
    """Bytes count what was really stored."""
    crew.fakes.fault("s3", REFUSED, match={"route": "PutObject"})
    with crew.changes() as changes:
        assert failed(crew.http.post("/artifacts/blog", content=b"text")) == (502, "storage_failed")
    assert changes == {"storage_put_total{blog}": 1, "storage_failures_total{blog,put}": 1}


def test_a_get_that_breaks_off_counts_no_bytes(crew: Crew) -> None:
    """A body that was cut off is a failed get, not a short one."""
    key = crew.store("blog", b"x" * 1000)
    crew.fakes.fault("s3", {"reset": 10}, match={"route": "GetObject"})
    with crew.changes() as changes:
        assert failed(crew.http.get(f"/artifacts/{key}")) == (502, "storage_failed")
    assert changes == {"storage_get_total{blog}": 1, "storage_failures_total{blog,get}": 1}


def test_a_retry_of_the_client_library_is_not_an_operation(crew: Crew) -> None:
    """Two attempts on the wire, of one operation, are one put."""
    crew.fakes.fault("s3", {"status": 503, "code": "SlowDown"}, trigger={"first": 1})
    with crew.changes() as changes:
        crew.store("blog", b"text")
    attempts = crew.fakes.told("operation", "outcome", route="PutObject")
    assert [outcome for _, outcome in attempts] == ["error", "ok"]
    assert len({operation for operation, _ in attempts}) == 1
    assert changes == {"storage_put_total{blog}": 1, "storage_bytes_written_total{blog}": 4}


def test_a_render_takes_at_least_its_seconds_on_the_clock_of_the_app(crew: Crew) -> None:
    """A clip is fetched, rendered and stored; the duration is that of the rendering, in the app's seconds."""
    clip = crew.store("video_clip", b"CLIP frames")
    before = crew.sum_of("video_render_seconds", renderer="remotion")
    with crew.changes() as changes:
        answer = crew.render(clip, "remotion", 20).json()
    observed = crew.sum_of("video_render_seconds", renderer="remotion") - before
    [size] = [size for key, size in crew.fakes.told("key", "bytes", verb="put") if key == answer["key"]]
    assert observed == pytest.approx(answer["seconds"])
    assert answer["seconds"] >= 20
    assert changes == {
        "storage_get_total{video_clip}": 1,
        "storage_bytes_read_total{video_clip}": 11,
        "video_renders_total{remotion}": 1,
        "video_render_seconds_count{remotion}": 1,
        "storage_put_total{video_clip}": 1,
        "storage_bytes_written_total{video_clip}": size,
    }


def test_a_clip_is_played_as_often_as_asked(crew: Crew) -> None:
    """The result holds the clip's frames once for each loop."""
    order = {"clip": crew.store("video_clip", b"CLIP frames"), "renderer": "manual", "seconds": 0, "loops": 3}
    key = crew.http.post("/renders", json=order).raise_for_status().json()["key"]
    assert crew.http.get(f"/artifacts/{key}").content == b"CLIPmanual frames frames frames"


def test_a_rendered_clip_can_be_rendered_again(crew: Crew) -> None:
    """What a renderer puts out is a clip."""
    clip = crew.store("video_clip", b"CLIP frames")
    again = crew.render(clip).json()["key"]
    assert crew.render(again).status_code == 200


def test_a_clip_that_cannot_be_decoded_is_a_failed_render(crew: Crew) -> None:
    """The render fails, and neither the get nor the put does."""
    clip = crew.store("blog", b"not a clip")
    with crew.changes() as changes:
        assert failed(crew.render(clip)) == (500, "render_failed")
    assert changes == {
        "storage_get_total{blog}": 1,
        "storage_bytes_read_total{blog}": 10,
        "video_renders_total{ffmpeg}": 1,
        "video_render_failures_total{ffmpeg}": 1,
        "video_render_seconds_count{ffmpeg}": 1,
    }


def test_a_clip_that_cannot_be_fetched_is_not_a_render(crew: Crew) -> None:
    """The get failed; nothing was rendered."""
    with crew.changes() as changes:
        assert failed(crew.render(f"video_clip/free/001795827974-{'0' * 32}")) == (404, "storage_failed")
    assert changes == {"storage_get_total{video_clip}": 1, "storage_failures_total{video_clip,get}": 1}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/generate", {"model": "unknown", "topic": "tea"}),
        ("POST", "/generate", {"model": "mistral:7b", "topic": ""}),
        ("POST", "/voiceovers", {"text": " ", "provider": "gtts"}),
        ("POST", "/voiceovers", {"text": "hello", "provider": "unknown"}),
        ("POST", "/artifacts/unknown", {}),
        ("GET", "/artifacts/blog/free/no-key", None),
        ("DELETE", f"/artifacts/unknown/free/001795827974-{'0' * 32}", None),
        ("POST", "/renders", {"clip": "no-key", "renderer": "ffmpeg", "seconds": 1}),
        ("POST", "/retention/runs", {"plan": "unknown"}),
    ],
)
def test_a_bad_request_is_refused_and_never_counted(
    crew: Crew, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """No label takes a value that the app does not know."""
    with crew.changes() as changes:
        assert crew.http.request(method, path, json=body).status_code == 422
    assert changes == {}


def test_the_request_id_reaches_every_upstream(crew: Crew) -> None:
    """Each call that an upstream sees carries the id of the request that it was made for; the client gets it back."""
    clip = crew.store("video_clip", b"CLIP")
    orders: dict[str, tuple[str, str, dict[str, Any] | None]] = {
        "generate": ("POST", "/generate", {"model": "mistral:7b", "topic": "tea"}),
        "stream": ("POST", "/generate", {"model": "mistral:7b", "topic": "tea", "stream": True}),
        "elevenlabs": ("POST", "/voiceovers", {"text": "hello", "provider": "elevenlabs"}),
        "piper": ("POST", "/voiceovers", {"text": "hello", "provider": "piper"}),
        "gtts": ("POST", "/voiceovers", {"text": "hello", "provider": "gtts"}),
        "render": ("POST", "/renders", {"clip": clip, "renderer": "ffmpeg", "seconds": 0}),
        "delete": ("DELETE", f"/artifacts/{clip}", None),
        "cleanup": ("POST", "/retention/runs", {"plan": "gdpr"}),
    }
    echoed = [
        crew.http.request(method, path, json=body, headers={"X-Request-ID": identity}).headers["X-Request-ID"]
        for identity, (method, path, body) in orders.items()
    ]
    traced = [(entry["trace"], entry["route"]) for entry in crew.fakes.journal()[1:]]
    assert echoed == list(orders)
    assert traced == [
        ("generate", "generate"),
        ("stream", "generate"),
        ("elevenlabs", "convert"),
        ("elevenlabs", "PutObject"),
        ("piper", "synthesize"),
        ("piper", "PutObject"),
        ("gtts", "batchexecute"),
        ("gtts", "PutObject"),
        ("render", "GetObject"),
        ("render", "PutObject"),
        ("delete", "HeadObject"),
        ("delete", "DeleteObject"),
        *[("cleanup", "ListObjectsV2")] * 4,
    ]


def test_a_request_without_an_id_is_given_one(crew: Crew) -> None:
    """The new id is returned, and is the one that the upstream sees."""
    response = crew.http.post("/generate", json={"model": "mistral:7b", "topic": "tea"})
    assert crew.fakes.told("trace") == [(str(UUID(response.headers["X-Request-ID"])),)]
