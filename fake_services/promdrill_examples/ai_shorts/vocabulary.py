"""What the app knows: its jobs and models, and what became of them. Each is a metric label's values."""

from __future__ import annotations

from enum import StrEnum


class JobType(StrEnum):
    """What a job writes."""

    SCRIPT = "script"
    STORYBOARD = "storyboard"
    CAPTION = "caption"
    OUTLINE = "outline"


class Model(StrEnum):
    """A language model."""

    LLAMA = "llama3.2:1b"
    MISTRAL = "mistral:7b"
    PHI = "phi3:mini"


# Which model writes what.
MODELS = {
    JobType.SCRIPT: Model.LLAMA,
    JobType.STORYBOARD: Model.MISTRAL,
    JobType.CAPTION: Model.LLAMA,
    JobType.OUTLINE: Model.PHI,
}


class CallStatus(StrEnum):
    """What became of a call to a model."""

    SUCCESS = "success"
    FAILURE = "failure"


class JobStatus(StrEnum):
    """What became of a job."""

    SUCCESS = "success"
    FAILED = "failed"


class BatchStatus(StrEnum):
    """What became of a batch: all of its jobs succeeded, some did, none did."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"


class ErrorCode(StrEnum):
    """What a client is told that went wrong."""

    LLM = "llm"
    DATABASE = "database"
    NOT_FOUND = "not_found"
    INVALID_REQUEST = "invalid_request"
