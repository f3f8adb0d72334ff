"""Prints what the app exposes before, within and after the same sessions, as it is (`none`) or with a mutant."""

from __future__ import annotations

import os

from starlette.testclient import TestClient

from promdrill_examples.digital_actors.api import BYE, create_app
from promdrill_examples.digital_actors.settings import Settings
from tests.fake_services.examples.forked import Steps, with_each_mutant

WORDS = {"id": "m", "text": "Hello."}
MESSAGES = (
    WORDS,
    {**WORDS, "model": "gpt-4o"},
    {**WORDS, "text": ""},
    {**WORDS, "model": "gemini-2.5-flash"},
    {**WORDS, "voice": "gone"},
    {**WORDS, "max_tokens": 1},
    {**WORDS, "forget": True},
)


def exercise() -> list[str]:
    """Return what the app exposes, and how it answers who has no token: before, within and after two sessions."""
    settings = Settings.from_environment(os.environ)
    settings.database_path.unlink(missing_ok=True)  # nobody is remembered from the app before
    headers = {"Authorization": f"Bearer {settings.metrics_token}"}
    with TestClient(create_app(settings, Steps())) as http:

        def exposed() -> str:
            text = http.get("/metrics", headers=headers).text
            return f"{text}authentication on /metrics {http.get('/metrics').status_code}\n"

        before = exposed()
        with http.websocket_connect("/ws?visitor=a&scene=harbour&character=ghost") as visitor:
            visitor.receive_json()
            for message in MESSAGES:
                visitor.send_json(message)
                visitor.receive_json()
            within = exposed()
            visitor.send_text(BYE)
            visitor.receive()
        with http.websocket_connect("/ws?visitor=b&scene=library&character=captain") as visitor:
            visitor.receive_json()
            visitor.send_json(WORDS)
            visitor.receive_json()
        return [before, within, exposed()]


with_each_mutant("digital_actors", exercise)
