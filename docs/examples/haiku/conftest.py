"""For test_haiku.py: which system it tests, and how it asks the app."""

from pathlib import Path

import httpx
import pytest


@pytest.fixture(scope="session")
def promdrill_system():
    """The system is the one in this folder."""
    return Path(__file__).parent


@pytest.fixture
def ask(promdrill_stack):
    """Ask the app for so many haiku, and return how it answered."""

    def ask(model, count=1):
        with httpx.Client(headers={"X-Request-ID": "test"}) as client:
            return [client.post(promdrill_stack.url, json={"model": model}).status_code for _ in range(count)]

    return ask
