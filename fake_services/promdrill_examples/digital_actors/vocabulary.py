"""What the app knows: its scenes, characters, models and kinds of failure. Each is a metric label's values."""

from __future__ import annotations

from enum import StrEnum


class Scene(StrEnum):
    """Where a dialogue takes place."""

    HARBOUR = "harbour"
    LIBRARY = "library"


class Character(StrEnum):
    """Who answers."""

    CAPTAIN = "captain"
    GHOST = "ghost"
    LIBRARIAN = "librarian"


class Provider(StrEnum):
    """Whose language model a character thinks with."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    GOOGLE = "google"


class Model(StrEnum):
    """A language model. Its name tells whose it is."""

    CLAUDE = "claude-sonnet-4"
    GPT = "gpt-4o"
    GEMINI = "gemini-2.5-flash"

    @property
    def provider(self) -> Provider:
        """Who offers the model."""
        return _PROVIDERS[self.partition("-")[0]]


class Operation(StrEnum):
    """What is asked of the database."""

    SELECT = "select"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Status(StrEnum):
    """How a request ended."""

    SUCCESS = "success"
    ERROR = "error"


class ErrorType(StrEnum):
    """Why a request failed: the first thing that went wrong, and nothing that followed from it."""

    VALIDATION = "validation_error"
    LLM_CALL = "llm_call_error"
    TTS_SYNTHESIS = "tts_synthesis_error"
    DIALOGUE_GENERATION = "dialogue_generation_error"


_PROVIDERS = {"claude": Provider.ANTHROPIC, "gpt": Provider.OPENAI, "gemini": Provider.GOOGLE}
VOICES = {
    Character.CAPTAIN: "pNInz6obpgDQGcFmaJgB",
    Character.GHOST: "AZnzlk1XvdvUeBnXmlld",
    Character.LIBRARIAN: "21m00Tcm4TlvDq8ikWAM",
}
