from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import websocket

if TYPE_CHECKING:
    from conftest import Actors

MESSAGE = {"requests_total{ghost,harbour,success}": 1, "response_time_seconds_count{ghost,harbour}": 1}
FAILED = {"requests_total{ghost,harbour,error}": 1, "response_time_seconds_count{ghost,harbour}": 1}
RECALLED = {"db_query_time_seconds_count{select}": 1}
THOUGHT = {"llm_latency_seconds_count{gpt-4o,openai}": 1}
SPOKEN = {"tts_latency_seconds_count{}": 1}


def error(kind: str) -> dict[str, float]:
    """Return what a failed message adds beside itself."""
    return {**FAILED, f"errors_total{{{kind}}}": 1}


def test_a_message_is_answered_aloud(actors: Actors) -> None:
    """It makes one call of the model, one of the voice and two of the database, and has the length of the audio."""
    with actors.visited("bert") as visitor, actors.changes() as changes:
        answer = visitor.says(id="one", model="gpt-4o", text="Who goes there?")
    [(characters,)] = actors.fakes.told("characters", service="tts")
    assert answer == {
        "id": "one",
        "status": "success",
        "text": answer["text"],
        "audio_seconds": answer["audio_seconds"],
    }
    assert len(answer["text"]) == characters
    assert answer["audio_seconds"] == pytest.approx(characters / 15, abs=0.05)
    assert changes == {
        **MESSAGE,
        **RECALLED,
        **THOUGHT,
        **SPOKEN,
        "db_query_time_seconds_count{insert}": 1,
    }


def test_a_message_gives_its_id_to_all_that_is_done_for_it(actors: Actors) -> None:
    """Each call to a fake bears the id of the message that caused it, not of the session or of another message."""
    with actors.visited() as one, actors.visited("carla") as other:
        one.says(id="first")
        other.says(id="second")
        one.says(id="third")
    ids = [("first",), ("second",), ("third",)]
    assert actors.fakes.told("trace", service="ollama") == actors.fakes.told("trace", service="tts") == ids


def test_the_model_tells_the_provider(actors: Actors) -> None:
    """Each model is observed under the provider that offers it."""
    models = ("claude-sonnet-4", "gpt-4o", "gemini-2.5-flash")
    with actors.visited() as visitor, actors.changes() as changes:
        for model in models:
            visitor.says(model=model)
    observed = [name.partition("{")[2][:-1] for name in changes if name.startswith("llm_")]
    assert observed == ["claude-sonnet-4,anthropic", "gpt-4o,openai", "gemini-2.5-flash,google"]


def test_what_was_said_is_remembered_until_it_is_to_be_forgotten(actors: Actors) -> None:
    """A stranger is inserted, who is known updated, who asks for it deleted; each for one character alone."""
    with actors.visited("dora") as visitor, actors.changes() as changes:
        for _ in range(3):
            visitor.says()
        visitor.says(forget=True)
        visitor.says()
    with actors.visited("dora", character="captain") as visitor, actors.changes() as elsewhere:
        visitor.says()
    queries = {name: count for name, count in changes.items() if name.startswith("db_")}
    assert queries == {
        "db_query_time_seconds_count{select}": 4,
        "db_query_time_seconds_count{insert}": 2,
        "db_query_time_seconds_count{update}": 2,
        "db_query_time_seconds_count{delete}": 1,
    }
    assert elsewhere["db_query_time_seconds_count{insert}"] == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "7", '{"text": "no id"}', '{"id": "a", "text": " "}', '{"id": "a", "model": "eliza"}', '{"id": "a\\nb"}'],
)
def test_a_message_that_makes_no_sense_is_a_validation_error(actors: Actors, text: str) -> None:
    """It is a failed request, nothing is asked of anybody, and the session goes on."""
    with actors.visited() as visitor:
        with actors.changes() as changes:
            answer = visitor.sends(text)
        assert visitor.says()["status"] == "success"
    assert (answer["status"], answer["error"]["code"]) == ("error", "validation_error")
    assert changes == error("validation_error")
    assert len(actors.fakes.journal()) == 2


def test_a_message_that_is_not_text_is_a_validation_error(actors: Actors) -> None:
    """Bytes are no message."""
    with actors.visited() as visitor, actors.changes() as changes:
        visitor.socket.send_binary(b'{"id": "a"}')
        visitor.socket.recv()
    assert changes == {**error("validation_error")}


@pytest.mark.parametrize(
    ("fault", "message", "kind", "done"),
    [
        ("ollama", {}, "llm_call_error", {**RECALLED, **THOUGHT}),
        ("tts", {}, "tts_synthesis_error", {**RECALLED, **THOUGHT, **SPOKEN}),
        (None, {"voice": "gone"}, "tts_synthesis_error", {**RECALLED, **THOUGHT, **SPOKEN}),
        (None, {"max_tokens": 1}, "dialogue_generation_error", {**RECALLED, **THOUGHT}),
    ],
)
def test_a_message_fails_by_what_went_wrong_first(
    actors: Actors, fault: str | None, message: dict[str, Any], kind: str, done: dict[str, float]
) -> None:
    """What was done until then is observed, nothing after it is done, and no call is made twice."""
    if fault:
        actors.fakes.fault(fault, {"status": 503})
    with actors.visited() as visitor, actors.changes() as changes:
        answer = visitor.says(model="gpt-4o", **message)
    assert (answer["status"], answer["error"]["code"]) == ("error", kind)
    assert changes == {**error(kind), **done}
    assert len(actors.fakes.journal()) == len({**THOUGHT, **SPOKEN}.keys() & done.keys())


def test_a_database_that_fails_is_a_dialogue_generation_error(actors: Actors) -> None:
    """It is no fault of model or voice, and the query that failed is observed."""
    with closing(sqlite3.connect(actors.database)) as database:
        database.execute("ALTER TABLE memories RENAME TO lost")
        with actors.visited() as visitor, actors.changes() as changes:
            answer = visitor.says()
        database.execute("ALTER TABLE lost RENAME TO memories")
    assert answer["error"]["code"] == "dialogue_generation_error"
    assert changes == {**error("dialogue_generation_error"), **RECALLED}


def test_the_time_of_a_query_includes_the_wait_for_the_lock(actors: Actors) -> None:
    """While another program has the database locked, a query waits, and what it waited is observed."""
    before = actors.value("digital_actors_db_query_time_seconds_sum", operation="select")
    with actors.visited() as visitor:
        with closing(sqlite3.connect(actors.database, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            visitor.socket.settimeout(0.1)
            with pytest.raises(websocket.WebSocketTimeoutException):
                visitor.says()
            database.execute("ROLLBACK")
        visitor.socket.settimeout(10)
        visitor.socket.recv()
    waited = actors.value("digital_actors_db_query_time_seconds_sum", operation="select") - before
    assert waited >= 0.1 * actors.rate


def test_a_latency_is_that_of_its_call_alone(actors: Actors) -> None:
    """In the app's seconds, and the response time holds them all."""
    names = ("llm_latency_seconds", "tts_latency_seconds", "response_time_seconds")
    labels: tuple[dict[str, str], ...] = (
        {"provider": "anthropic", "model": "claude-sonnet-4"},
        {},
        {"scene": "harbour", "character": "ghost"},
    )

    def sums() -> list[float]:
        return [
            actors.value(f"digital_actors_{name}_sum", **wanted) for name, wanted in zip(names, labels, strict=True)
        ]

    actors.fakes.fault("ollama", {"latency": 0.2})
    before = sums()
    with actors.visited() as visitor:
        visitor.says()
    model, voice, response = (after - first for after, first in zip(sums(), before, strict=True))
    [(start, end)] = actors.fakes.told("started", "finished", service="ollama")
    assert response - voice >= model >= (end - start) * actors.rate >= 0.2 * actors.rate


def test_visitors_do_not_wait_for_each_other(actors: Actors) -> None:
    """While the model of one thinks, another is answered."""
    actors.fakes.fault("ollama", {"hang": True}, match={"model": "gpt-4o"})
    with actors.visited() as patient, actors.visited("emil") as other:
        patient.socket.send('{"id": "a", "model": "gpt-4o"}')
        assert other.says()["status"] == "success"
        patient.socket.shutdown()
