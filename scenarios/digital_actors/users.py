"""The users of digital_actors: visitors who hold a WebSocket while they talk to a character."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from itertools import cycle, islice, product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import gevent
import websocket

from promdrill.load import Case, DrillUser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLAUDE, GPT, GEMINI = "claude-sonnet-4", "gpt-4o", "gemini-2.5-flash"
PROVIDERS = {CLAUDE: "anthropic", GPT: "openai", GEMINI: "google"}
# Values differ in how often they come: were two alike, one counted for the other would not show.
SCENES = ("harbour", "harbour", "library")
CHARACTERS = ("captain", "captain", "captain", "ghost", "ghost", "librarian")
MODELS = (CLAUDE, CLAUDE, CLAUDE, GPT, GPT, GEMINI)
# An app that is busy may take this long to notice that a visitor is gone.
NOTICED_SECONDS = 0.5
FORGET = {"forget": True}


class Visitor(DrillUser):
    """A user whose turn is one session: connected, messages one after the other, closed."""

    abstract = True

    @contextmanager
    def session(self, case: Case, *, vanish: bool = False) -> Iterator[websocket.WebSocket]:
        """Hold a session with a case's scene and character, and write its row.

        The app says when it has begun and, to a visitor who says bye, when it is over. From one who vanishes it hears
        nothing; such a row ends when the app must have noticed.
        """
        trace, started = self.new_trace(), time.monotonic()
        role = urlencode({"visitor": trace, "scene": case["scene"], "character": case["character"]})
        url = f"{self.host.replace('http', 'ws', 1)}/ws?{role}"
        socket = websocket.create_connection(url, timeout=self.network_timeout, header={"X-Request-ID": trace})
        socket.recv()
        opened = time.monotonic()
        yield socket
        closing = time.monotonic()
        if not vanish:
            socket.send("bye")
            socket.recv()
        socket.shutdown()
        if vanish:
            gevent.sleep(NOTICED_SECONDS)
        finished = time.monotonic()
        self.record("session", trace=trace, started=started, finished=finished, opened=opened, closing=closing)

    def say(self, socket: websocket.WebSocket, case: Case, *, known: bool, **message: Any) -> bool:  # noqa: ANN401  JSON
        """Send a message and write its row, and one for each query that it must have caused.

        Returns whether the character knows the visitor after it: `known`, or this message was remembered.
        """
        trace, started = self.new_trace(), time.monotonic()
        socket.send(json.dumps({"id": trace, **message}))
        answer = json.loads(socket.recv())
        finished = time.monotonic()
        ok = answer["status"] == "success"
        self.record(
            "message",
            trace=trace,
            started=started,
            finished=finished,
            outcome="ok" if ok else "error",
            error=None if ok else answer["error"]["code"],
            answered=answer["status"],
            scene=case["scene"],
            character=case["character"],
            provider=PROVIDERS.get(message.get("model", "")),
            mistake=message.get("text") == "",
            cut="max_tokens" in message,
        )
        for query in queries(message, known=known, ok=ok):
            self.record(
                "query", trace=trace, operation=f"{trace}/{query}", started=started, finished=finished, query=query
            )
        return not message.get("forget") and (known or ok)


def queries(message: Mapping[str, Any], *, known: bool, ok: bool) -> Iterator[str]:
    """Yield the database operations that a message causes: a good one recalls, and remembers what was said."""
    if message.get("forget"):
        yield "delete"
    elif message["text"]:
        yield "select"
        if ok:
            yield "update" if known else "insert"


class SessionUser(Visitor):
    """Talks for two to six messages; every fifth visitor asks to be forgotten, every third vanishes without a word."""

    thinking_seconds = 0.1
    cases = tuple(
        {
            "scene": scene,
            "character": character,
            "models": tuple(islice(cycle(MODELS), number, number + 2 + number % 5)),
            "forgets": number % 5 == 0,
            "vanishes": number % 3 == 0,
            "stays": 2.0,
        }
        for number, (scene, character) in enumerate(product(SCENES, CHARACTERS))
    )

    def turn(self, case: Case) -> None:
        """Hold one session; who has lost patience, or has to rest, says no more."""
        until = time.monotonic() + case["stays"]
        with self.session(case, vanish=case["vanishes"]) as socket:
            known = False
            for model in case["models"]:
                known = self.say(socket, case, known=known, model=model, text="Is there a storm coming?")
                gevent.sleep(self.thinking_seconds)
                if self.paused() or time.monotonic() > until:
                    return
            if case["forgets"]:
                known = self.say(socket, case, known=known, **FORGET)
                self.say(socket, case, known=known, model=CLAUDE, text="Who am I?")


class RegularUser(SessionUser):
    """Stays for long, says little, and comes back at once: there is always somebody."""

    thinking_seconds = 0.8
    cases = tuple(
        {"scene": "harbour", "character": "captain", "models": (CLAUDE,) * 10, "stays": seconds}
        | {"forgets": False, "vanishes": False}
        for seconds in (5.0, 5.6, 6.2)
    )


class TroubleUser(Visitor):
    """Says nothing, then something, wants a whole line in one token, and asks for a voice that is gone."""

    cases = tuple(
        {"scene": scene, "character": character, "model": model}
        for scene, character, model in zip(("harbour", "library"), ("ghost", "captain"), (GPT, CLAUDE), strict=True)
    )

    def turn(self, case: Case) -> None:
        """Make each mistake once."""
        good = {"model": case["model"], "text": "Where is everybody?"}
        with self.session(case) as socket:
            known = False
            for message in ({**good, "text": ""}, good, {**good, "max_tokens": 1}, {**good, "voice": "gone"}):
                known = self.say(socket, case, known=known, **message)
