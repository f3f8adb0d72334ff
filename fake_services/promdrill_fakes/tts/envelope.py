"""ElevenLabs' answers: JSON, its error envelope, and FastAPI's list of what is wrong with a request."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import ValidationError

from promdrill_fakes.call import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.call import Call

_UNPROCESSABLE = 422
_KINDS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        400: ("validation_error", "validation_error"),
        401: ("authentication_error", "invalid_api_key"),
        402: ("payment_required", "insufficient_credits"),
        403: ("authorization_error", "forbidden"),
        404: ("not_found", "not_found"),
        429: ("rate_limit_error", "rate_limit_exceeded"),
        500: ("internal_error", "internal_error"),
        503: ("service_unavailable", "service_unavailable"),
    }
)
"""Status: the type of error, and its code where none is given."""
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "validation_error": "The request is invalid.",
        "invalid_api_key": "Invalid API key",
        "missing_api_key": "The API key is missing.",
        "insufficient_credits": "You do not have enough credits.",
        "forbidden": "You do not have access to this resource.",
        "not_found": "The requested resource was not found.",
        "voice_not_found": "A voice with this voice_id was not found.",
        "model_not_found": "A model with this ID was not found.",
        "rate_limit_exceeded": "Too many requests. Please try again later.",
        "concurrent_limit_exceeded": "Too many concurrent requests. Wait until the current ones are done.",
        "system_busy": "The system is under heavy load. Please try again later.",
        "internal_error": "An internal error occurred.",
        "service_unavailable": "The service is currently unavailable.",
    }
)


def json_answer(call: Call, data: object, status: int = 200, error: str | None = None) -> Answer:
    """Return data as JSON; `error` is what the journal tells of a failure."""
    headers = {"Content-Type": "application/json", "request-id": call.operation}
    return Answer(status, headers, json.dumps(data).encode(), error=error)


def error_answer(
    call: Call, status: int, code: str | None = None, message: str | None = None, param: str | None = None
) -> Answer:
    """Return `{"detail": {type, code, message, status, request_id, param}}`; 422 is `{"detail": [{loc, msg, type}]}`.

    What is not given has ElevenLabs' own words for the status or the code.
    """
    if status == _UNPROCESSABLE:
        return _unprocessable(call, [{"loc": ["body"], "msg": message or "Value error", "type": code or "value_error"}])
    kind, usual = _KINDS.get(status, _KINDS[status // 100 * 100])
    code = code or usual
    detail = {
        "type": kind,
        "code": code,
        "message": message or _WORDS.get(code, _WORDS[usual]),
        "status": code,
        "request_id": call.operation,
        "param": param,
    }
    return json_answer(call, {"detail": detail}, status, error=code)


def validation_error(call: Call, place: str, error: ValidationError | ValueError) -> Answer:
    """Return 422 with all that is wrong with the body or the query, as FastAPI does."""
    if not isinstance(error, ValidationError):
        return _unprocessable(call, [{"loc": [place], "msg": "JSON decode error", "type": "json_invalid"}])
    return _unprocessable(
        call,
        [
            {"loc": [place, *found["loc"]], "msg": found["msg"], "type": found["type"]}
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ],
    )


def _unprocessable(call: Call, problems: list[dict[str, object]]) -> Answer:
    return json_answer(call, {"detail": problems}, _UNPROCESSABLE, error=str(problems[0]["type"]))
