from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
import websocket

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from conftest import Actors


def test_sessions_are_counted_while_they_are_open(actors: Actors) -> None:
    """Messages and their failures change nothing; a session is over before the visitor sees it end."""
    counts = []

    def count() -> None:
        counts.append(actors.value("digital_actors_active_sessions"))

    count()
    with actors.visited() as one:
        count()
        with actors.visited() as other:
            one.says()
            other.says(text="")
            count()
        count()
    count()
    assert counts == [0, 1, 2, 1, 0]


def test_a_visitor_who_vanishes_is_noticed(actors: Actors) -> None:
    """A connection that breaks ends its session, whether or not an answer was on its way."""
    with actors.visited() as one, actors.visited() as other:
        one.socket.send('{"id": "a"}')
        one.socket.shutdown()
        actors.sessions_become(1)
        other.socket.shutdown()
    actors.sessions_become(0)


def test_a_visitor_who_closes_is_noticed(actors: Actors) -> None:
    """The usual way to close a WebSocket ends the session, too."""
    with actors.visited() as one:
        one.socket.close()
    actors.sessions_become(0)


@pytest.mark.parametrize(
    "query",
    ["visitor=a&scene=moon&character=ghost", "visitor=a&scene=harbour", "visitor=&scene=harbour&character=ghost"],
)
def test_a_connection_without_a_role_is_refused(actors: Actors, query: str) -> None:
    """It is no session and no request."""
    with actors.changes() as changes, pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(f"{actors.url.replace('http', 'ws', 1)}/ws?{query}", timeout=10)
    assert (refused.value.status_code, changes) == (403, {})


def test_the_metrics_are_for_who_has_the_token(actors: Actors) -> None:
    """Whoever has none, or another one, gets 401 and is told what is asked for."""
    answers = [httpx.get(f"{actors.url}/metrics"), actors.exposition("another token"), actors.exposition()]
    assert [(answer.status_code, answer.headers.get("WWW-Authenticate")) for answer in answers] == [
        (401, "Bearer"),
        (401, "Bearer"),
        (200, None),
    ]


def test_without_a_token_the_metrics_are_for_all(start_actors: Callable[..., AbstractContextManager[Actors]]) -> None:
    """A token is an option; one that is sent all the same does no harm."""
    with start_actors() as actors:
        answers = [httpx.get(f"{actors.url}/metrics"), actors.exposition(), httpx.get(f"{actors.url}/health")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[2].json() == {"status": "ok"}


def test_memories_outlive_the_app(start_actors: Callable[..., AbstractContextManager[Actors]]) -> None:
    """They are in a file."""
    for expected in ("insert", "update"):
        with start_actors(METRICS_TOKEN="") as actors, actors.visited() as visitor, actors.changes() as changes:
            visitor.says()
        assert changes[f"db_query_time_seconds_count{{{expected}}}"] == 1
