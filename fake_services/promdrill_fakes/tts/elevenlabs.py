"""ElevenLabs: text to speech, whole and streamed, with timestamps and without; voices, models, user."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from promdrill_fakes.call import Answer, Call, RefusedError
from promdrill_fakes.definition import UNKNOWN
from promdrill_fakes.tts import account, alignment, voices
from promdrill_fakes.tts.audio import FORMATS, STREAMED_FORMATS, Audio, speech
from promdrill_fakes.tts.concurrency import Concurrency, FullError
from promdrill_fakes.tts.envelope import error_answer, json_answer, validation_error
from promdrill_fakes.tts.pace import await_synthesis, pieces, stream_evenly, throttle
from promdrill_fakes.tts.requests import SpeechBody, SpeechQuery, VoicesQuery, query
from promdrill_fakes.tts.settings import TtsSettings

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

    from promdrill_fakes.config import Config
    from promdrill_fakes.shared_state import SharedState

_FIXED = {
    "/v1/voices": "voices",
    "/v2/voices": "voices",
    "/v1/models": "models",
    "/v1/user": "user",
    "/v1/user/subscription": "subscription",
}
_SPEECH = "/v1/text-to-speech/"
_SPOKEN = {
    "": "convert",
    "stream": "stream",
    "with-timestamps": "convert_with_timestamps",
    "stream/with-timestamps": "stream_with_timestamps",
}
_SPEAKING = frozenset(_SPOKEN.values())
_STREAMS = frozenset({"stream", "stream_with_timestamps"})
_VOICE = "/v1/voices/"

Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _SpeechRequest:
    """A speech request that may be served: its body and query, and when its turn came."""

    body: SpeechBody
    query: SpeechQuery
    turn: float


class ElevenLabs:
    """The provider."""

    service: Final = "tts"

    def __init__(self, state: SharedState) -> None:
        self._settings: TtsSettings
        self._spoken = 0
        self._concurrency = Concurrency(state.queued)
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take voices, limits and speed; if `fresh`, no character of the quota is used."""
        self._settings = config.section(TtsSettings)
        self._concurrency.configure(self._settings.max_concurrent, self._settings.max_queued)
        if fresh:
            self._spoken = 0

    def open(self, request: BaseRequest) -> Call:
        """Return the route and, where the path names one, the voice."""
        route, voice = UNKNOWN, None
        if request.method == "GET":
            route = _FIXED.get(request.path, UNKNOWN)
            name = request.path.removeprefix(_VOICE)
            if name != request.path and name and "/" not in name:
                route, voice = "voice", name
        elif request.method == "POST" and request.path.startswith(_SPEECH):
            voice, _, rest = request.path.removeprefix(_SPEECH).partition("/")
            route = _SPOKEN.get(rest, UNKNOWN)
        return Call(request, self.service, route, {"provider": "elevenlabs", "voice": voice})

    async def read(self, call: Call) -> None:
        """Read the body, and for speech wait for its turn; raises `RefusedError` where there is no good key or body."""
        data = await call.request.content.read()
        key = call.request.headers.get("xi-api-key")
        if not key:
            raise RefusedError(error_answer(call, 401, "missing_api_key"))
        if self._settings.api_keys and key not in self._settings.api_keys:
            raise RefusedError(error_answer(call, 401))
        if call.route in _SPEAKING:
            await self._read_speech(call, data)

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        if call.route in _SPEAKING:
            return await self._speech(call)
        match call.route:
            case "voice":
                return json_answer(call, voices.voice(*self._find_voice(call)))
            case "voices":
                return self._voices(call)
            case "models":
                return json_answer(call, [account.model(name) for name in self._settings.models])
            case "user" | "subscription" as part:
                tell = account.user if part == "user" else account.subscription
                return json_answer(call, tell(self._spoken, self._settings.character_limit))
        return json_answer(call, {"detail": "Not Found"}, 404, error="not_found")

    def error(self, call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return ElevenLabs' error envelope."""
        return error_answer(call, status, code, message)

    def interrupt(self, call: Call, _answer: Answer, message: str) -> Answer:
        """Answer 500: there is no error in mid-stream, and the configuration allows no fault that asks for it."""
        return error_answer(call, 500, message=message)

    async def _read_speech(self, call: Call, data: bytes) -> None:
        try:
            given = json.loads(data)
        except (ValueError, RecursionError):
            raise RefusedError(validation_error(call, "body", ValueError("not JSON"))) from None
        body = _form(SpeechBody, call, "body", given)
        call.columns["characters"] = len(body.text)
        call.columns["model"] = body.model_id
        options = _form(SpeechQuery, call, "query", _query_values(call))
        try:
            await self._concurrency.enter()
        except FullError:
            raise RefusedError(error_answer(call, 429, "concurrent_limit_exceeded")) from None
        call.ended = self._concurrency.leave
        waited = self._concurrency.limit is not None  # and what it waited is not time that it was served
        call.parsed = _SpeechRequest(body, options, time.monotonic() if waited else call.started)

    async def _speech(self, call: Call) -> Answer:
        self._find_voice(call)
        asked: _SpeechRequest = call.parsed
        self._check(call, asked)
        characters = len(asked.body.text)
        if self._spoken + characters > self._settings.character_limit:
            raise RefusedError(error_answer(call, 402))
        self._spoken += characters
        seconds = characters / self._settings.characters_per_second / asked.body.speed
        audio = speech(asked.query.output_format, seconds)
        headers = {
            "request-id": call.operation,
            "character-cost": str(characters),
            "current-concurrent-requests": str(self._concurrency.running),
        }
        if self._concurrency.limit is not None:
            headers["maximum-concurrent-requests"] = str(self._concurrency.limit)
        headers["Content-Type"] = "application/json" if call.route.endswith("timestamps") else audio.mime
        answer = Answer(headers=headers, columns={"audio_bytes": len(audio.data), "audio_seconds": seconds})
        if call.route in _STREAMS:
            return self._stream(call, answer, audio)
        await await_synthesis(call, self._settings, seconds, asked.turn)
        whole = audio.data
        if call.route == "convert_with_timestamps":
            (whole,) = alignment.timed_lines(audio, asked.body.text, [audio.data], normalizes=asked.body.normalizes)
        return throttle(answer, whole, self._settings)

    def _stream(self, call: Call, answer: Answer, audio: Audio) -> Answer:
        """Return audio in pieces, each when it is made and the wire can take it."""
        asked: _SpeechRequest = call.parsed
        sent = pieces(audio.data)
        sending = len(audio.data) / self._settings.bytes_per_second if self._settings.bytes_per_second else 0.0
        making = self._settings.real_time_factor * audio.seconds
        if call.route == "stream_with_timestamps":
            sent = alignment.timed_lines(audio, asked.body.text, sent, normalizes=asked.body.normalizes)
        return stream_evenly(answer, sent, asked.turn + call.latency, max(making, sending))

    def _check(self, call: Call, asked: _SpeechRequest) -> None:
        """Raise `RefusedError` for what ElevenLabs refuses beyond the form of the request."""
        body, output_format = asked.body, asked.query.output_format
        if body.model_id not in self._settings.models:
            message = f"A model with ID {body.model_id} was not found."
            raise RefusedError(error_answer(call, 404, "model_not_found", message, "model_id"))
        if not body.text.strip():
            raise RefusedError(error_answer(call, 400, "invalid_text", "Text must not be empty.", "text"))
        if len(body.text) > account.longest(body.model_id):
            message = f"{body.model_id} takes {account.longest(body.model_id)} characters, not {len(body.text)}."
            raise RefusedError(error_answer(call, 400, "text_too_long", message, "text"))
        if output_format not in (STREAMED_FORMATS if call.route in _STREAMS else FORMATS):
            message = f"There is no output format {output_format} here."
            raise RefusedError(error_answer(call, 400, "invalid_output_format", message, "output_format"))
        if body.voice_settings and (stray := body.voice_settings.stray()):
            name, low, high, value = stray
            message = f"Invalid setting for {name}: {value} is not between {low} and {high}."
            raise RefusedError(error_answer(call, 400, "invalid_voice_settings", message, f"voice_settings.{name}"))

    def _find_voice(self, call: Call) -> tuple[str, str]:
        voice = str(call.columns["voice"])
        if voice not in self._settings.voices:
            message = f"A voice with the voice_id {voice} was not found."
            raise RefusedError(error_answer(call, 404, "voice_not_found", message, "voice_id"))
        return voice, self._settings.voices[voice]

    def _voices(self, call: Call) -> Answer:
        if call.request.path.startswith("/v1"):
            return json_answer(call, {"voices": voices.list_voices(self._settings.voices)})
        return json_answer(
            call, voices.page(self._settings.voices, _form(VoicesQuery, call, "query", _query_values(call)))
        )


def _query_values(call: Call) -> dict[str, Any]:
    pairs = call.request.query
    return query({name: pairs.getall(name) for name in pairs})


def _form(form: type[Form], call: Call, place: str, given: object) -> Form:
    try:
        return form.model_validate(given)
    except ValidationError as error:
        raise RefusedError(validation_error(call, place, error)) from None
