"""Ollama's native API: generate, chat, tags, show, ps, version."""

from __future__ import annotations

import json
import zlib
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from fake_services.call import Answer, Call, RefusedError
from fake_services.catalogue import UNKNOWN
from fake_services.ollama.generation import Generation
from fake_services.ollama.models import Model, Models, rfc3339
from fake_services.ollama.requests import Asked, BadRequestError, asked, body

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from aiohttp.web import BaseRequest

    from fake_services.config import Config
    from fake_services.ollama.settings import OllamaSettings
    from fake_services.state import State

_ROUTES = {
    ("POST", "/api/generate"): "generate",
    ("POST", "/api/chat"): "chat",
    ("POST", "/api/show"): "show",
    ("GET", "/api/tags"): "tags",
    ("GET", "/api/ps"): "ps",
    ("GET", "/api/version"): "version",
    ("GET", "/"): "root",
}
_PATHS = frozenset(path for _, path in _ROUTES)
_KINDS = {"generate": "GenerateRequest", "chat": "ChatRequest", "show": "ShowRequest"}
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_NDJSON = {"Content-Type": "application/x-ndjson"}
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
_MESSAGES = {
    400: "bad request",
    404: "model not found",
    500: "llama runner process has terminated",
    503: "server busy, please try again.  maximum pending requests exceeded",
}


class Ollama:
    """The provider."""

    service: Final = "ollama"

    def __init__(self, state: State) -> None:
        self._settings: OllamaSettings
        self._seed = 0
        self._models = Models()
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take models and speeds; if `fresh`, no model is loaded."""
        self._settings = config.ollama
        self._seed = config.seed
        self._models.configure(config.ollama.models, fresh=fresh)

    def open(self, request: BaseRequest) -> Call:
        """Return the route; all else stands in the body."""
        method = "GET" if request.method == "HEAD" else request.method
        return Call(request, self.service, _ROUTES.get((method, request.path), UNKNOWN))

    async def read(self, call: Call) -> None:
        """Read the body; raises `RefusedError` where Ollama cannot parse it."""
        data = await call.request.content.read()
        if call.route not in _KINDS:
            return
        try:
            fields = body(data, _KINDS[call.route])
            call.columns["model"] = fields.get("model")
            if call.route != "show":
                call.columns["stream"] = fields.get("stream", True)
            call.asked = asked(fields, _KINDS[call.route])
        except BadRequestError as error:
            raise RefusedError(self.error(call, 400, message=str(error))) from None

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        if call.route in ("generate", "chat"):
            return await self._generate(call, call.asked)
        if call.route == "show":
            return _json(self._model(call, call.asked.model).shown())
        if call.route == "root":
            return Answer(headers=_TEXT, body=b"Ollama is running")
        if call.route != UNKNOWN:
            return _json(self._state_of(call.route))
        status, text = (405, "405 method not allowed") if call.request.path in _PATHS else (404, "404 page not found")
        return Answer(status, _TEXT, text.encode(), error=text)

    def error(self, _call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return `{"error": message}`; Ollama has no codes, so a code only goes to the journal."""
        text = message or _MESSAGES.get(status, "internal server error")
        return _json({"error": text}, status=status, error=code or text)

    def interrupt(self, call: Call, answer: Answer, message: str) -> Answer:
        """Break off a stream after its first message with an error line; what is not streamed is a 500."""
        if answer.pieces is None:
            return self.error(call, 500, message=message)
        broken = _line({"error": message})
        return Answer(headers=answer.headers, pieces=_first(answer.pieces), body=broken, error=message)

    def _state_of(self, route: str) -> dict[str, Any]:
        if route == "tags":
            return {"models": [model.tag() for model in self._models]}
        if route == "ps":
            return {"models": [model.running(expires) for model, expires in self._models.running()]}
        return {"version": self._settings.version}

    def _model(self, call: Call, name: str) -> Model:
        model = self._models.get(name)
        if model is None:
            raise RefusedError(self.error(call, 404, message=f"model '{name}' not found"))
        return model

    async def _generate(self, call: Call, ask: Asked) -> Answer:
        if call.route == "chat" and not ask.model:
            raise RefusedError(self.error(call, 400, message="model is required"))
        model = self._model(call, ask.model)
        self._check_wants(call, ask, model)
        generation = Generation(ask, self._seed, self._settings)
        if not ask.prompt and ask.keep_alive == 0:
            self._models.keep(model, 0)
            return _json(self._last(call, ask, "", {"done_reason": "unload"}))
        await generation.load(self._models, model, ask.keep_alive)
        if not ask.prompt:
            return _json(self._last(call, ask, "", {"done_reason": "load"}))
        counts = {"prompt_tokens": generation.prompt_tokens, "completion_tokens": len(generation.tokens)}
        if ask.stream:
            pieces = self._messages(call, ask, generation)
            return Answer(
                headers=_NDJSON, pieces=pieces, body=lambda: self._end(call, ask, "", generation), columns=counts
            )
        text = "".join([token async for token in generation.say()])
        return Answer(headers=_JSON, body=lambda: self._end(call, ask, text, generation), columns=counts)

    def _check_wants(self, call: Call, ask: Asked, model: Model) -> None:
        if "think" in ask.wants:
            raise RefusedError(self.error(call, 400, message=f'"{ask.model}" does not support thinking'))
        for want, capability in (("tools", "tools"), ("suffix", "insert")):
            if want in ask.wants:
                name = f"registry.ollama.ai/library/{model.name}"
                raise RefusedError(self.error(call, 400, message=f"{name} does not support {capability}"))
        if "format" in ask.wants:
            raise RefusedError(self.error(call, 400, message="the fake does not support structured outputs"))

    async def _messages(self, call: Call, ask: Asked, generation: Generation) -> AsyncGenerator[bytes]:
        async for token in generation.say():
            yield _line({**self._said(call, ask, token), "done": False})

    def _end(self, call: Call, ask: Asked, text: str, generation: Generation) -> bytes:
        told: dict[str, Any] = {"done_reason": generation.done_reason}
        if call.route == "generate" and not ask.raw:
            told["context"] = [zlib.crc32(token.encode()) % 128_000 for token in [ask.prompt, *generation.tokens]]
        message = self._last(call, ask, text, {**told, **generation.metrics(call.started)})
        return _line(message) if ask.stream else _compact(message)

    def _last(self, call: Call, ask: Asked, text: str, told: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._said(call, ask, text), "done": True, **told}

    def _said(self, call: Call, ask: Asked, text: str) -> dict[str, Any]:
        said = {"message": {"role": "assistant", "content": text}} if call.route == "chat" else {"response": text}
        return {"model": ask.model, "created_at": rfc3339(datetime.now(UTC)), **said}


async def _first(pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
            return


def _compact(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def _line(data: Mapping[str, Any]) -> bytes:
    return _compact(data) + b"\n"


def _json(data: Mapping[str, Any], status: int = 200, error: str | None = None) -> Answer:
    return Answer(status, _JSON, _compact(data), error=error)
