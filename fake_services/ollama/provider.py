"""Ollama's API, its own and the OpenAI-compatible one: what is asked, and who answers."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from fake_services.call import Answer, Call, RefusedError
from fake_services.catalogue import UNKNOWN
from fake_services.ollama import openai
from fake_services.ollama.generation import Generation
from fake_services.ollama.models import Model, Models
from fake_services.ollama.native import Native, compact, line
from fake_services.ollama.operations import Operations
from fake_services.ollama.requests import FORMS, Asked, BadRequestError, asked, body

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
    ("POST", "/v1/chat/completions"): "v1_chat",
    ("POST", "/v1/completions"): "v1_completions",
    ("GET", "/v1/models"): "v1_models",
}
_MODEL = "/v1/models/"
_PATHS = frozenset(path for _, path in _ROUTES)
_FORMS = {**FORMS, **openai.FORMS}
_JSON = {"Content-Type": "application/json; charset=utf-8"}
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
        self._operations = Operations()
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take models and speeds; if `fresh`, no model is loaded and no attempt remembered."""
        if fresh:
            self._operations = Operations()
        self._settings = config.ollama
        self._seed = config.seed
        self._models.configure(config.ollama.models, fresh=fresh)

    def open(self, request: BaseRequest) -> Call:
        """Return the route; all else stands in the body."""
        method = "GET" if request.method == "HEAD" else request.method
        route, name = _ROUTES.get((method, request.path), UNKNOWN), request.path.removeprefix(_MODEL)
        if method == "GET" and name != request.path and name and "/" not in name:
            return Call(request, self.service, "v1_model", {"model": name})
        return Call(request, self.service, route)

    async def read(self, call: Call) -> None:
        """Read the body; raises `RefusedError` where Ollama cannot parse it."""
        data = await call.request.content.read()
        self._operations.join(call, data)
        if call.route not in _FORMS:
            return
        try:
            form = _FORMS[call.route]
            fields = body(data, form)
            compatible = call.route in openai.ROUTES
            call.columns["model"] = fields.get("model")
            if call.route != "show":
                call.columns["stream"] = fields.get("stream", not compatible)
            usage = compatible and openai.wants_usage(fields)
            call.asked = asked(openai.native(fields, call.route) if compatible else fields, form, usage=usage)
        except BadRequestError as error:
            raise RefusedError(self.error(call, 400, message=str(error))) from None

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        if call.route in ("generate", "chat", "v1_chat", "v1_completions"):
            return await self._generate(call, call.asked)
        if call.route == "show":
            return _json(self._model(call, call.asked.model).shown())
        if call.route == "v1_model":
            name = str(call.columns["model"])
            return _json(openai.listed(self._model(call, name), name))
        if call.route == "root":
            return Answer(headers=_TEXT, body=b"Ollama is running")
        if call.route != UNKNOWN:
            return _json(self._state_of(call.route))
        status, text = (405, "405 method not allowed") if call.request.path in _PATHS else (404, "404 page not found")
        return Answer(status, _TEXT, text.encode(), error=text)

    def error(self, call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return `{"error": message}`, or OpenAI's envelope.

        Ollama has no codes of its own: one that is given goes into OpenAI's envelope, and to the journal.
        """
        text = message or _MESSAGES.get(status, "internal server error")
        told = openai.error(status, text, code) if call.route in openai.ROUTES else {"error": text}
        return _json(told, status=status, error=code or text)

    def interrupt(self, call: Call, answer: Answer, message: str) -> Answer:
        """Break off a stream after its first message with an error; what is not streamed is a 500."""
        if answer.pieces is None:
            return self.error(call, 500, message=message)
        compatible = call.route in openai.ROUTES
        broken = openai.event(openai.error(500, message)) if compatible else line({"error": message})
        return Answer(headers=answer.headers, pieces=_first(answer.pieces), body=broken, error=message)

    def _state_of(self, route: str) -> dict[str, Any]:
        if route == "tags":
            return {"models": [model.tag() for model in self._models]}
        if route == "v1_models":
            return {"object": "list", "data": [openai.listed(model, model.name) for model in self._models]}
        if route == "ps":
            return {"models": [model.running(expires) for model, expires in self._models.running()]}
        return {"version": self._settings.version}

    def _model(self, call: Call, name: str) -> Model:
        model = self._models.get(name)
        if model is None:
            raise RefusedError(self.error(call, 404, message=f"model '{name}' not found"))
        return model

    async def _generate(self, call: Call, ask: Asked) -> Answer:
        if call.route.endswith("chat") and not ask.model:
            raise RefusedError(self.error(call, 400, message="model is required"))
        model = self._model(call, ask.model)
        self._check_wants(call, ask, model)
        generation = Generation(ask, self._seed, self._settings)
        words = openai.OpenAI(call) if call.route in openai.ROUTES else Native(call)
        if not ask.prompt and ask.keep_alive == 0:
            self._models.keep(model, 0)
            return Answer(headers=_JSON, body=words.idle("unload"))
        await generation.load(self._models, model, ask.keep_alive)
        if not ask.prompt:
            return Answer(headers=_JSON, body=words.idle("load"))
        counts = {"prompt_tokens": generation.prompt_tokens, "completion_tokens": len(generation.tokens)}
        if ask.stream:
            return Answer(
                headers={"Content-Type": words.stream_type},
                pieces=_pieces(words, generation),
                body=lambda: words.end("", generation),
                columns=counts,
            )
        text = "".join([token async for token in generation.say()])
        return Answer(headers=_JSON, body=lambda: words.end(text, generation), columns=counts)

    def _check_wants(self, call: Call, ask: Asked, model: Model) -> None:
        if "think" in ask.wants:
            raise RefusedError(self.error(call, 400, message=f'"{ask.model}" does not support thinking'))
        for want, capability in (("tools", "tools"), ("suffix", "insert")):
            if want in ask.wants:
                name = f"registry.ollama.ai/library/{model.name}"
                raise RefusedError(self.error(call, 400, message=f"{name} does not support {capability}"))
        if "format" in ask.wants:
            raise RefusedError(self.error(call, 400, message="the fake does not support structured outputs"))


async def _pieces(words: Native | openai.OpenAI, generation: Generation) -> AsyncGenerator[bytes]:
    async for token in generation.say():
        yield words.piece(token)


async def _first(pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
            return


def _json(data: Mapping[str, Any], status: int = 200, error: str | None = None) -> Answer:
    return Answer(status, _JSON, compact(data), error=error)
