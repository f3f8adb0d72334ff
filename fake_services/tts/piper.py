"""Piper's HTTP server: `POST /synthesize`, and `POST /` as its older versions have it."""

from __future__ import annotations

import json
import time
from http.client import responses
from typing import TYPE_CHECKING, Any, Final

from fake_services.call import Answer, Call, RefusedError
from fake_services.catalogue import UNKNOWN
from fake_services.tts.audio import wav

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

    from fake_services.config import Config
    from fake_services.state import State
    from fake_services.tts.settings import TtsSettings

_ROUTES = {
    ("POST", "/synthesize"): "synthesize",
    ("POST", "/"): "synthesize",
    ("GET", "/voices"): "voices",
    ("GET", "/all-voices"): "voices",
    ("GET", "/info"): "info",
}
_RATE = 22050
_MAX_LENGTH_SCALE = 100.0
_WORDS = {
    404: "The requested URL was not found on the server.",
    500: (
        "The server encountered an internal error and was unable to complete your request. Either the server is "
        "overloaded or there is an error in the application."
    ),
}


class Piper:
    """The provider."""

    service: Final = "tts"

    def __init__(self, state: State) -> None:
        self._settings: TtsSettings
        self._last: dict[str, Any] | None = None
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take voices and speed; if `fresh`, nothing was synthesized yet."""
        self._settings = config.tts
        if fresh:
            self._last = None

    def open(self, request: BaseRequest) -> Call:
        """Return the route; all else stands in the body."""
        route = _ROUTES.get((request.method, request.path), UNKNOWN)
        return Call(request, self.service, route, {"provider": "piper"})

    async def read(self, call: Call) -> None:
        """Read the body. What Piper cannot read is a 500, as with Flask."""
        data = await call.request.content.read()
        if call.route != "synthesize":
            return
        try:
            asked = json.loads(data)
            text = asked.get("text", "").strip()
            length_scale = float(asked.get("length_scale", 1.0))
            known = asked.get("voice") in self._settings.piper_voices
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            raise RefusedError(self.error(call, 500)) from None
        call.columns["voice"] = asked["voice"] if known else self._settings.piper_voices[0]
        call.columns["characters"] = len(text)
        if not text:
            raise RefusedError(self.error(call, 500, "no_text"))
        if not 0 <= length_scale <= _MAX_LENGTH_SCALE:
            raise RefusedError(self.error(call, 500, "length_scale"))
        call.asked = (text, length_scale)

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        match call.route:
            case "synthesize":
                return self._speech(call, *call.asked)
            case "voices":
                return _json({name: _voice(name) for name in self._settings.piper_voices})
            case "info":
                default = self._settings.piper_voices[0]
                voice = {"name": default, "language": default[:2], "num_speakers": 1}
                return _json({"voice": voice, "last": self._last})
        return self.error(call, 404)

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

    def _speech(self, call: Call, text: str, length_scale: float) -> Answer:
        seconds = len(text) / self._settings.characters_per_second * length_scale
        audio = wav(_RATE, round(seconds * _RATE))
        self._last = {
            "text": text,
            "synthesize_seconds": time.monotonic() - call.started,
            "phonemes": list(text),
            "alignments": [{"phoneme": letter, "seconds": seconds / len(text)} for letter in text],
        }
        return Answer(
            headers={"Content-Type": "text/html; charset=utf-8"},  # what Flask says of bytes, and so Piper
            body=audio,
            columns={"audio_bytes": len(audio)},
        )


def _voice(name: str) -> dict[str, Any]:
    language, speaker, quality = [*name.split("-"), "", ""][:3]
    return {
        "audio": {"sample_rate": _RATE, "quality": quality},
        "dataset": speaker,
        "espeak": {"voice": language[:2]},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "language": {"code": language, "family": language[:2]},
        "num_speakers": 1,
        "speaker_id_map": {},
    }


def _json(data: object) -> Answer:
    return Answer(headers={"Content-Type": "application/json"}, body=json.dumps(data).encode() + b"\n")
