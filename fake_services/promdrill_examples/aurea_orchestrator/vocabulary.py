"""What the app knows: its models and their prices, and what can become of a task or a request."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Model(StrEnum):
    """A language model that runs tasks."""

    GPT_4 = "gpt-4"
    GPT_35_TURBO = "gpt-3.5-turbo"
    CLAUDE_2 = "claude-2"
    LLAMA_2 = "llama-2"


DOLLARS_PER_1K_TOKENS = {Model.GPT_4: 0.03, Model.GPT_35_TURBO: 0.002, Model.CLAUDE_2: 0.025, Model.LLAMA_2: 0.001}


class TaskStatus(StrEnum):
    """What became of a task."""

    COMPLETED = "completed"
    FAILED = "failed"


class Method(StrEnum):
    """An HTTP method; any but the first two is `OTHER`, since a client can invent them."""

    GET = "GET"
    POST = "POST"
    OTHER = "OTHER"


class Endpoint(StrEnum):
    """The template of a route that is counted. `UNMATCHED` is any path that no route serves: clients invent those."""

    TASKS = "/tasks"
    TASK = "/tasks/{task_id}"
    REPORT = "/tasks/{task_id}/report"
    UNMATCHED = "unmatched"


class Answer(IntEnum):
    """The HTTP statuses that the app answers with."""

    OK = 200
    REFUSED_BY_MODEL = 400
    NOT_FOUND = 404
    WRONG_METHOD = 405
    INVALID = 422
    TOO_MANY_REQUESTS = 429
    UNHANDLED = 500
    MODEL_FAILED = 502
    MODEL_UNAVAILABLE = 503
