"""What a character thinks and speaks with: the models of three providers behind one API, and ElevenLabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import ollama
from elevenlabs.client import AsyncElevenLabs

from promdrill_examples import tracing
from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.failures import DialogueError, failing_as
from promdrill_examples.digital_actors.vocabulary import ErrorType

if TYPE_CHECKING:
    from promdrill_examples.digital_actors.settings import Settings
    from promdrill_examples.digital_actors.vocabulary import Model
    from promdrill_fakes.clock import Clock

_VOICE_MODEL = "eleven_multilingual_v2"
_FORMAT = "mp3_44100_128"
_BYTES_PER_SECOND = 128_000 / 8


class Thinker:
    """Asks language models for lines. Use from one event loop."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._now = clock.now
        self._models = ollama.AsyncClient(
            settings.ollama_host,
            timeout=settings.upstream_timeout,
            event_hooks={"request": [tracing.pass_on]},
            limits=httpx.Limits(max_connections=None),
        )

    async def line(self, model: Model, setting: str, text: str, max_tokens: int) -> str:
        """Return what the character says.

        Raises `DialogueError`: llm_call_error if the call fails, dialogue_generation_error if it returns half a line.
        """
        said = [{"role": "system", "content": setting}, {"role": "user", "content": text}]
        with failing_as(ErrorType.LLM_CALL), metrics.track_llm_call(model.provider, model, self._now):
            answer = await self._models.chat(model, said, options={"num_predict": max_tokens})
        if answer.done_reason == "length":
            raise DialogueError(ErrorType.DIALOGUE_GENERATION, f"the line is not over after {max_tokens} tokens")
        return answer.message.content or ""


class Speaker:
    """Has lines spoken by ElevenLabs. Use from one event loop."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._now = clock.now
        self._elevenlabs = AsyncElevenLabs(
            base_url=settings.elevenlabs_base_url,
            api_key=settings.elevenlabs_api_key,
            httpx_client=httpx.AsyncClient(
                timeout=settings.upstream_timeout,
                event_hooks={"request": [tracing.pass_on]},
                limits=httpx.Limits(max_connections=None),
            ),
        )

    async def speak(self, voice: str, line: str) -> float:
        """Return how many seconds of audio a line makes; raises `DialogueError` (tts_synthesis_error).

        A visitor does not wait for a second attempt.
        """
        with failing_as(ErrorType.TTS_SYNTHESIS), metrics.track_tts_call(self._now):
            chunks = self._elevenlabs.text_to_speech.convert(
                voice, text=line, model_id=_VOICE_MODEL, output_format=_FORMAT, request_options={"max_retries": 0}
            )
            return sum([len(chunk) async for chunk in chunks]) / _BYTES_PER_SECOND
