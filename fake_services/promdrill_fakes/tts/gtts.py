"""Google Translate's speech, as gTTS asks for it: one `batchexecute` call for each part of the text."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from promdrill_fakes.call import Answer, Call, RefusedError
from promdrill_fakes.definition import UNKNOWN
from promdrill_fakes.tts.mp3 import mp3
from promdrill_fakes.tts.pace import await_synthesis, throttle
from promdrill_fakes.tts.settings import TtsSettings

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

    from promdrill_fakes.config import Config
    from promdrill_fakes.shared_state import SharedState

_PATH = "/_/TranslateWebserverUi/data/batchexecute"
_RPC = "jQ1olc"
_RATE, _KBPS = 24000, 64
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_SLOWER = 1.5


class Gtts:
    """The provider."""

    service: Final = "tts"

    def __init__(self, state: SharedState) -> None:
        self._settings: TtsSettings
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:  # noqa: ARG002 - nothing is learnt from requests
        """Take the speed."""
        self._settings = config.section(TtsSettings)

    def open(self, request: BaseRequest) -> Call:
        """Return the route; all else stands in the body."""
        route = "batchexecute" if (request.method, request.path) == ("POST", _PATH) else UNKNOWN
        return Call(request, self.service, route, {"provider": "gtts"})

    async def read(self, call: Call) -> None:
        """Read the form; raises `RefusedError` where it is not what gTTS sends."""
        data = await call.request.content.read()
        if call.route == UNKNOWN:
            return
        try:
            text, language, slow = _parse_request(data)
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            raise RefusedError(self.error(call, 400)) from None
        call.columns["voice"] = language
        call.columns["characters"] = len(text)
        call.parsed = (text, slow)

    async def answer(self, call: Call) -> Answer:
        """Return the audio of the text, or, for no language that there is, an answer without audio."""
        if call.route == UNKNOWN:
            return self.error(call, 404)
        text, slow = call.parsed
        if not _LANGUAGE.fullmatch(str(call.columns["voice"])):
            return _rpc_answer(None)
        seconds = len(text) / self._settings.characters_per_second * (_SLOWER if slow else 1.0)
        await await_synthesis(call, self._settings, seconds)
        audio = mp3(_RATE, _KBPS, seconds)
        answer = _rpc_answer(json.dumps([base64.b64encode(audio).decode()]))
        answer.columns = {"audio_bytes": len(audio), "audio_seconds": seconds}
        return throttle(answer, answer.last(), self._settings)

    def error(self, _call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return an error page as Google writes it."""
        words = message or "That's an error."
        page = f"<!DOCTYPE html>\n<html lang=en>\n<title>Error {status}</title>\n<p><b>{status}.</b> {words}\n"
        headers = {"Content-Type": "text/html; charset=UTF-8"}
        return Answer(status, headers, page.encode(), error=code or f"http_{status}")

    def interrupt(self, call: Call, _answer: Answer, message: str) -> Answer:
        """Answer 500: there is no error in mid-stream, and the configuration allows no fault that asks for it."""
        return self.error(call, 500, message=message)


def _parse_request(data: bytes) -> tuple[str, str, bool]:
    """Return text, language and whether to speak slowly; raises what parsing raises."""
    (((name, escaped, *_),),) = json.loads(parse_qs(data.decode())["f.req"][0])
    text, language, slow, *_ = json.loads(escaped)
    if name != _RPC or not isinstance(text, str) or not isinstance(language, str):
        raise ValueError("not a call for speech")
    return text, language, bool(slow)


def _rpc_answer(payload: str | None) -> Answer:
    row: list[Any] = ["wrb.fr", _RPC, payload, None, None, None, "generic"]
    line = json.dumps([row, ["di", 42], ["af.httprm", 42, "0", 1]], separators=(",", ":"))
    body = f")]}}'\n\n{len(line)}\n{line}\n"
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(headers=headers, body=body.encode(), error="no_audio" if payload is None else None)
