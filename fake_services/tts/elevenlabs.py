"""ElevenLabs: text to speech, whole and streamed, voices, models, user."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, Final

from fake_services.call import Answer, Call, RefusedError
from fake_services.catalogue import UNKNOWN
from fake_services.tts import account
from fake_services.tts.audio import FORMATS, Audio, silence

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiohttp.web import BaseRequest

    from fake_services.config import Config
    from fake_services.state import State
    from fake_services.tts.settings import TtsSettings

_FIXED = {
    "/v1/voices": "voices",
    "/v2/voices": "voices",
    "/v1/models": "models",
    "/v1/user": "user",
    "/v1/user/subscription": "subscription",
}
_SPEECH = "/v1/text-to-speech/"
_VOICE = "/v1/voices/"
_DEFAULT_FORMAT = "mp3_44100_128"
_DEFAULT_MODEL = "eleven_multilingual_v2"
_STREAMED_BYTES = 4096
_MAX_PAGE = 100
_KINDS = {
    400: ("validation_error", "invalid_request", "The request is invalid."),
    401: ("authentication_error", "invalid_api_key", "Invalid API key"),
    402: ("payment_required", "insufficient_credits", "You do not have enough credits."),
    403: ("authorization_error", "forbidden", "You do not have access to this resource."),
    404: ("not_found", "not_found", "The requested resource was not found."),
    429: ("rate_limit_error", "rate_limit_exceeded", "Too many requests. Please try again later."),
    500: ("internal_error", "internal_error", "An internal error occurred."),
    503: ("service_unavailable", "service_unavailable", "The service is currently unavailable."),
}


class ElevenLabs:
    """The provider."""

    service: Final = "tts"

    def __init__(self, state: State) -> None:
        self._settings: TtsSettings
        self._spoken = 0
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take voices and speed; if `fresh`, no character of the quota is used."""
        self._settings = config.tts
        if fresh:
            self._spoken = 0

    def open(self, request: BaseRequest) -> Call:
        """Return the route and, for speech, the voice."""
        route, voice = UNKNOWN, None
        if request.method == "GET":
            route = _FIXED.get(request.path, UNKNOWN)
            if route == UNKNOWN and request.path.startswith(_VOICE):
                route, voice = "voice", request.path.removeprefix(_VOICE)
        elif request.method == "POST" and request.path.startswith(_SPEECH):
            voice, _, rest = request.path.removeprefix(_SPEECH).partition("/")
            route = {"": "convert", "stream": "stream"}.get(rest, UNKNOWN)
        return Call(request, self.service, route, {"provider": "elevenlabs", "voice": voice})

    async def read(self, call: Call) -> None:
        """Read the body; raises `RefusedError` where it is not a speech request, or has no good key."""
        data = await call.request.content.read()
        if call.route in ("convert", "stream"):
            call.asked = self._body(call, data)
            call.columns["characters"] = len(call.asked["text"])
        key = call.request.headers.get("xi-api-key")
        if not key:
            raise RefusedError(self.error(call, 401, "missing_api_key", "The API key is missing."))
        if self._settings.api_keys and key not in self._settings.api_keys:
            raise RefusedError(self.error(call, 401))

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        if call.route in ("convert", "stream"):
            return self._speech(call)
        if call.route == "voice":
            return _json(account.voice(*self._known_voice(call)))
        if call.route == "voices":
            return self._voices_page(call) if call.request.path.startswith("/v2") else _json(self._voices())
        if call.route == "models":
            return _json([account.model(name) for name in self._settings.models])
        if call.route == UNKNOWN:
            return _json({"detail": "Not Found"}, status=404, error="not_found")
        tell = account.user if call.route == "user" else account.subscription
        return _json(tell(self._spoken, self._settings.character_limit))

    def error(self, _call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return `{"detail": {type, code, message, status, request_id, param}}`."""
        kind, default_code, words = _KINDS.get(status, _KINDS[status // 100 * 100])
        detail = {
            "type": kind,
            "code": code or default_code,
            "message": message or words,
            "status": code or default_code,
            "request_id": uuid.uuid4().hex,
            "param": None,
        }
        return _json({"detail": detail}, status=status, error=code or default_code)

    def interrupt(self, call: Call, _answer: Answer, message: str) -> Answer:
        """Answer 500: there is no error in mid-stream, and the configuration allows no fault that asks for it."""
        return self.error(call, 500, message=message)

    def _body(self, call: Call, data: bytes) -> dict[str, Any]:
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):
            raise RefusedError(_invalid(["body"], "JSON decode error", "json_invalid")) from None
        if not isinstance(body, dict) or "text" not in body:
            raise RefusedError(_invalid(["body", "text"], "Field required", "missing"))
        if not isinstance(body["text"], str):
            raise RefusedError(_invalid(["body", "text"], "Input should be a valid string", "string_type"))
        if not body["text"].strip():
            raise RefusedError(self.error(call, 400, "invalid_text", "Text must not be empty."))
        if len(body["text"]) > account.MAX_CHARACTERS:
            raise RefusedError(self.error(call, 400, "text_too_long", "The text has too many characters."))
        return body

    def _speech(self, call: Call) -> Answer:
        self._known_voice(call)
        model = call.asked.get("model_id") or _DEFAULT_MODEL
        if model not in self._settings.models:
            raise RefusedError(self.error(call, 404, "model_not_found", f"A model with ID {model} was not found."))
        output_format = call.request.query.get("output_format", _DEFAULT_FORMAT)
        if output_format not in FORMATS:
            raise RefusedError(self.error(call, 400, "invalid_output_format", f"No such format: {output_format}"))
        characters = len(call.asked["text"])
        if self._spoken + characters > self._settings.character_limit:
            raise RefusedError(self.error(call, 402))
        self._spoken += characters
        audio = silence(output_format, characters / self._settings.characters_per_second)
        headers = {
            "Content-Type": audio.mime,
            "request-id": uuid.uuid4().hex,
            "character-cost": str(characters),
            "current-concurrent-requests": "1",
            "maximum-concurrent-requests": "10",
        }
        columns = {"audio_bytes": len(audio.data)}
        if call.route == "convert":
            return Answer(headers=headers, body=audio.data, columns=columns)
        return Answer(headers=headers, pieces=_pieces(audio), body=_tail(audio), columns=columns)

    def _known_voice(self, call: Call) -> tuple[str, str]:
        voice = str(call.columns["voice"])
        if voice not in self._settings.voices:
            message = f"A voice with the voice_id {voice} was not found."
            raise RefusedError(self.error(call, 404, "voice_not_found", message))
        return voice, self._settings.voices[voice]

    def _voices(self) -> dict[str, Any]:
        return {"voices": [account.voice(*named) for named in self._settings.voices.items()]}

    def _voices_page(self, call: Call) -> Answer:
        query = call.request.query
        size, start = query.get("page_size", "10"), query.get("next_page_token", "0")
        if not size.isdecimal() or not 1 <= int(size) <= _MAX_PAGE:
            raise RefusedError(_invalid(["query", "page_size"], "Input should be from 1 to 100", "int_parsing"))
        if not start.isdecimal():
            raise RefusedError(self.error(call, 400, "invalid_page_token", "The page token is invalid."))
        wanted = query.get("search", "").lower()
        found = [(key, name) for key, name in self._settings.voices.items() if wanted in name.lower()]
        end = int(start) + int(size)
        return _json(
            {
                "voices": [account.voice(*named) for named in found[int(start) : end]],
                "has_more": end < len(found),
                "total_count": len(found),
                "next_page_token": str(end) if end < len(found) else None,
            }
        )


async def _pieces(audio: Audio) -> AsyncGenerator[bytes]:
    for start in range(0, len(audio.data) - len(_tail(audio)), _STREAMED_BYTES):
        yield audio.data[start : start + _STREAMED_BYTES]


def _tail(audio: Audio) -> bytes:
    """Return the last piece of a stream, which is not empty if the audio is not."""
    return audio.data[(len(audio.data) - 1) // _STREAMED_BYTES * _STREAMED_BYTES :]


def _invalid(where: list[str], message: str, kind: str) -> Answer:
    return _json({"detail": [{"loc": where, "msg": message, "type": kind}]}, status=422, error=kind)


def _json(data: object, status: int = 200, error: str | None = None) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(data).encode(), error=error)
