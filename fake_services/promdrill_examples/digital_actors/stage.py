"""Where dialogues happen: a message comes in, the character recalls, thinks, speaks and remembers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from promdrill_examples import tracing
from promdrill_examples.digital_actors import metrics
from promdrill_examples.digital_actors.failures import DialogueError
from promdrill_examples.digital_actors.memory import Memory, Name, Role
from promdrill_examples.digital_actors.providers import Speaker, Thinker
from promdrill_examples.digital_actors.vocabulary import VOICES, ErrorType, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promdrill_examples.digital_actors.settings import Settings
    from promdrill_fakes.clock import Clock


class Message(BaseModel):
    """What a visitor says, to which model, in how many tokens the answer must be; or that all is to be forgotten.

    `voice` is an ElevenLabs voice in place of the character's own.
    """

    id: Name
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] = "Hello."
    model: Model = Model.CLAUDE
    max_tokens: int = Field(default=256, ge=1, le=4096)
    voice: Name | None = None
    forget: bool = False


class Stage:
    """All dialogues of the app. Use from one event loop."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._now = clock.now
        self._memory = Memory(settings.database_path, clock)
        self._thinker = Thinker(settings, clock)
        self._speaker = Speaker(settings, clock)
        self._sessions = 0

    @contextmanager
    def session(self) -> Iterator[None]:
        """Count a session as active for as long as the block runs, however it ends."""
        self.count(1)
        try:
            yield
        finally:
            self.count(-1)

    def count(self, change: int) -> None:
        """Have so many more sessions, and say so."""
        self._sessions += change
        metrics.update_active_sessions(self._sessions)

    async def answer(self, role: Role, text: str) -> dict[str, Any]:
        """Return the answer to one message, which is JSON; one that fails has the type and text of its error."""
        try:
            with metrics.track_request(role.scene, role.character, self._now):
                message = _read(text)
                tracing.request_id.set(message.id)
                said = await self._forgotten(role) if message.forget else await self._said(role, message)
        except DialogueError as error:
            metrics.track_error(error.type)
            return {"status": "error", "error": {"code": error.type, "message": str(error)}}
        return {"status": "success", "id": message.id, **said}

    async def _said(self, role: Role, message: Message) -> dict[str, Any]:
        before = await self._memory.recall(role)
        setting = f"You are the {role.character}, in the {role.scene}. You said last: {before or 'nothing yet'}"
        line = await self._thinker.line(message.model, setting, message.text, message.max_tokens)
        seconds = await self._speaker.speak(message.voice or VOICES[role.character], line)
        await self._memory.remember(role, line, known=before is not None)
        return {"text": line, "audio_seconds": seconds}

    async def _forgotten(self, role: Role) -> dict[str, Any]:
        await self._memory.forget(role)
        return {}


def _read(text: str) -> Message:
    try:
        return Message.model_validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise DialogueError(ErrorType.VALIDATION, wrong) from None
