"""Speech synthesis by ElevenLabs, Piper or Google, each through its own client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import anyio.to_thread
import httpx
from elevenlabs.client import ElevenLabs
from gtts import gTTS  # type: ignore[import-untyped]  # has no types

from promdrill_examples import tracing
from promdrill_examples.content_creation_crew.failures import reported_as
from promdrill_examples.content_creation_crew.metrics import TTSMetrics
from promdrill_examples.content_creation_crew.vocabulary import Provider

if TYPE_CHECKING:
    from promdrill_examples.content_creation_crew.settings import Settings
    from promdrill_fakes.clock import Clock

_VOICE = "21m00Tcm4TlvDq8ikWAM"
_MODEL = "eleven_multilingual_v2"


@dataclass(frozen=True, slots=True)
class Speech:
    """Audio, and the number of characters that were sent to have it made."""

    audio: bytes
    characters: int


class Synthesizer:
    """Turns text into speech. The clients block, so each synthesis runs in a worker thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._now = clock.now
        self._timeout = settings.upstream_timeout
        self._gtts_tld = settings.gtts_tld
        self._piper = f"{settings.piper_url.rstrip('/')}/synthesize"
        self._http = httpx.Client(
            timeout=self._timeout,
            event_hooks={"request": [_trace]},
            limits=httpx.Limits(max_connections=None),
        )
        self._elevenlabs = ElevenLabs(
            base_url=settings.elevenlabs_base_url,
            api_key=settings.elevenlabs_api_key,
            timeout=self._timeout,
            httpx_client=self._http,
        )

    async def synthesize(self, provider: Provider, text: str) -> bytes:
        """Return audio in the provider's format; raises `OperationError` (tts_failed)."""
        speak = {Provider.ELEVENLABS: self._elevenlabs_speech, Provider.PIPER: self._piper_speech}
        start, characters, success = self._now(), 0, False
        try:
            with reported_as("tts_failed"):
                speech = await anyio.to_thread.run_sync(speak.get(provider, self._gtts_speech), text)
                if not speech.audio:
                    raise EOFError(f"{provider} sent no audio")
            characters, success = speech.characters, True
        finally:
            TTSMetrics.record_synthesis(provider, self._now() - start, success=success, characters=characters)
        return speech.audio

    def _elevenlabs_speech(self, text: str) -> Speech:
        chunks = self._elevenlabs.text_to_speech.convert(_VOICE, text=text, model_id=_MODEL)
        return Speech(b"".join(chunks), len(text))

    def _piper_speech(self, text: str) -> Speech:
        response = self._http.post(self._piper, json={"text": text}).raise_for_status()
        return Speech(response.content, len(text))

    def _gtts_speech(self, text: str) -> Speech:
        client = gTTS(text, tld=self._gtts_tld, lang_check=False, timeout=self._timeout)
        client.GOOGLE_TTS_HEADERS = {**gTTS.GOOGLE_TTS_HEADERS, tracing.HEADER: tracing.request_id.get()}
        audio = BytesIO()
        client.write_to_fp(audio)
        return Speech(audio.getvalue(), sum(len(_spoken(body)) for body in client.get_bodies()))


def _spoken(body: str) -> str:
    """Return the part of the text that one request of gTTS carries: it splits texts and drops some white space."""
    [request] = parse_qs(body)["f.req"]
    text: str = json.loads(json.loads(request)[0][0][1])[0]
    return text


def _trace(request: httpx.Request) -> None:
    request.headers[tracing.HEADER] = tracing.request_id.get()
