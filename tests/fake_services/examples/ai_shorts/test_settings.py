from __future__ import annotations

import pytest

from promdrill_examples.ai_shorts.settings import Settings


def test_all_but_the_model_server_has_a_default() -> None:
    """The app keeps its files in the working folder."""
    assert Settings.from_environment({"OLLAMA_HOST": "http://llm"}) == Settings("http://llm")


def test_the_environment_says_the_rest() -> None:
    """Each setting has a variable."""
    given = {
        "OLLAMA_HOST": "http://llm",
        "UPSTREAM_TIMEOUT": "3",
        "DATABASE": "a.db",
        "DATABASE_TIMEOUT": "0.5",
        "LOG_FILE": "a.log",
        "CACHE_ENTRIES": "7",
        "CACHE_TTL": "60",
    }
    assert Settings.from_environment(given) == Settings("http://llm", 3.0, "a.db", 0.5, "a.log", 7, 60.0)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "the environment lacks OLLAMA_HOST"),
        ({"OLLAMA_HOST": "http://llm", "CACHE_TTL": "never"}, "CACHE_TTL must be a positive number, not 'never'"),
    ],
)
def test_what_cannot_be_is_refused(environment: dict[str, str], message: str) -> None:
    """The error names the variable."""
    with pytest.raises(ValueError, match=message):
        Settings.from_environment(environment)
