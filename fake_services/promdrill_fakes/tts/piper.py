"""Piper's HTTP server: `POST /synthesize` as it is from 1.5 on, and `POST /` as in 1.3 and 1.4."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import responses
from typing import TYPE_CHECKING, Any, Final

from promdrill_fakes.call import Answer, Call, RefusedError
from promdrill_fakes.definition import UNKNOWN
from promdrill_fakes.tts.audio import wav
from promdrill_fakes.tts.pace import await_synthesis, throttle
from promdrill_fakes.tts.settings import TtsSettings

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

    from promdrill_fakes.config import Config
    from promdrill_fakes.shared_state import SharedState

_TOLD = {"/voices": "voices", "/all-voices": "voices", "/info": "info"}
_RATE = 22050
_MAX_LENGTH_SCALE = 100.0
_WORDS = {
    404: "The requested URL was not found on the server.",
    405: "The method is not allowed for the requested URL.",
    500: (
        "The server encountered an internal error and was unable to complete your request. Either the server is "
        "overloaded or there is an error in the application."
    ),
}


@dataclass(frozen=True, slots=True)
class _SpeechRequest:
    """What to say, how slowly, and by which speaker of the voice."""

    text: str
    length_scale: float
    speaker: str | None


class Piper:
    """The provider."""

    service: Final = "tts"

    def __init__(self, state: SharedState) -> None:
        self._settings: TtsSettings
        self._last: dict[str, Any] | None = None
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take voices and speed; if `fresh`, nothing was synthesized yet."""
        self._settings = config.section(TtsSettings)
        if fresh:
            self._last = None

    def open(self, request: BaseRequest) -> Call:
        """Return the route; all else stands in the body."""
        route = UNKNOWN
        if request.method == "POST" and request.path in self._settings.piper_paths:
            route = "synthesize"
        elif request.method == "GET":
            route = _TOLD.get(request.path, UNKNOWN)
        return Call(request, self.service, route, {"provider": "piper"})

    async def read(self, call: Call) -> None:
        """Read the body. What Piper cannot read is a 500, as with Flask."""
        data = await call.request.content.read()
        if call.route != "synthesize":
            return
        try:
            call.parsed = asked = self._parse(call, json.loads(data))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            raise RefusedError(self.error(call, 500)) from None
        if not asked.text:
            raise RefusedError(self.error(call, 500, "no_text"))
        if not 0 <= asked.length_scale <= _MAX_LENGTH_SCALE:
            raise RefusedError(self.error(call, 500, "length_scale"))

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        match call.route:
            case "synthesize":
                return await self._speech(call)
            case "voices":
                return _json({name: self._voice(name) for name in self._settings.piper_voices})
            case "info":
                default = self._settings.piper_voices[0]
                speakers = len(self._settings.piper_speakers.get(default, ("",)))
                voice = {"name": default, "language": default[:2], "num_speakers": speakers}
                return _json({"voice": voice, "last": self._last})
        return self.error(call, 405 if call.request.path in {*_TOLD, *self._settings.piper_paths} else 404)

    def error(self, _call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return an error page as Flask writes it."""
        title = responses.get(status, "Error")
        page = (
            "<!doctype html>\n<html lang=en>\n"
            f"<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{message or _WORDS.get(status, title)}</p>\n"
        )
        return Answer(status, {"Content-Type": "text/html; charset=utf-8"}, page.encode(), error=code or title)

    def interrupt(self, call: Call, _answer: Answer, message: str) -> Answer:
        """Answer 500: there is no error in mid-stream, and the configuration allows no fault that asks for it."""
        return self.error(call, 500, message=message)

    def _parse(self, call: Call, data: Any) -> _SpeechRequest:  # noqa: ANN401 - whatever the JSON is
        """Return what is asked for, and write its columns; raises what Piper trips over."""
        text = data.get("text", "").strip()
        voice = data.get("voice")
        if voice not in self._settings.piper_voices:
            voice = self._settings.piper_voices[0]
        for scale in ("noise_scale", "noise_w_scale"):
            float(data.get(scale, 1.0))
        speaker = self._speaker(voice, data)
        call.columns.update(voice=voice, speaker=speaker, characters=len(text))
        return _SpeechRequest(text, float(data.get("length_scale", 1.0)), speaker)

    def _speaker(self, voice: str, data: Any) -> str | None:  # noqa: ANN401 - as above
        """Return which of a voice's speakers is meant; of none that there is, the first. Few voices have several."""
        speakers = self._settings.piper_speakers.get(voice, ())
        number = data.get("speaker_id")
        if number is not None and not 0 <= number < max(1, len(speakers)):
            number = 0
        if not speakers:
            return None
        if number is None:
            number = speakers.index(data["speaker"]) if data.get("speaker") in speakers else 0
        speaker: str = speakers[number]
        return speaker

    async def _speech(self, call: Call) -> Answer:
        asked: _SpeechRequest = call.parsed
        text, seconds = asked.text, len(asked.text) / self._settings.characters_per_second * asked.length_scale
        await await_synthesis(call, self._settings, seconds)
        audio = wav(_RATE, round(seconds * _RATE))
        self._last = {
            "text": text,
            "synthesize_seconds": time.monotonic() - call.started,
            "phonemes": list(text),
            "alignments": [{"phoneme": letter, "seconds": seconds / len(text)} for letter in text],
        }
        answer = Answer(
            headers={"Content-Type": "text/html; charset=utf-8"},  # what Flask says of bytes, and so Piper
            columns={"audio_bytes": len(audio), "audio_seconds": seconds},
        )
        return throttle(answer, audio, self._settings)

    def _voice(self, name: str) -> dict[str, Any]:
        language, dataset, quality = [*name.split("-"), "", ""][:3]
        speakers = self._settings.piper_speakers.get(name, ())
        return {
            "audio": {"sample_rate": _RATE, "quality": quality},
            "dataset": dataset,
            "espeak": {"voice": language[:2]},
            "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
            "language": {"code": language, "family": language[:2]},
            "num_speakers": max(1, len(speakers)),
            "speaker_id_map": {speaker: number for number, speaker in enumerate(speakers)},
        }


def _json(data: object) -> Answer:
    return Answer(headers={"Content-Type": "application/json"}, body=json.dumps(data).encode() + b"\n")
