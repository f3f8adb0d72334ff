"""Ollama's API, its own and the OpenAI-compatible one: what is asked, and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from promdrill_fakes.call import Answer, Call, RefusedError, run_to_end
from promdrill_fakes.definition import UNKNOWN
from promdrill_fakes.ollama import answers, library, openai, requests, serving, translation
from promdrill_fakes.ollama.library import Library
from promdrill_fakes.ollama.models import Models
from promdrill_fakes.ollama.operations import Operations
from promdrill_fakes.ollama.parsing import BadRequestError, body
from promdrill_fakes.ollama.serving import Serving
from promdrill_fakes.ollama.settings import OllamaSettings

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

    from promdrill_fakes.config import Config
    from promdrill_fakes.shared_state import SharedState

_ROUTES = {
    ("POST", "/api/generate"): "generate",
    ("POST", "/api/chat"): "chat",
    ("POST", "/api/embed"): "embed",
    ("POST", "/api/embeddings"): "embeddings",
    ("POST", "/api/show"): "show",
    ("POST", "/api/pull"): "pull",
    ("POST", "/api/push"): "push",
    ("POST", "/api/create"): "create",
    ("POST", "/api/copy"): "copy",
    ("DELETE", "/api/delete"): "delete",
    ("GET", "/api/tags"): "tags",
    ("GET", "/api/ps"): "ps",
    ("GET", "/api/version"): "version",
    ("GET", "/"): "root",
    ("POST", "/v1/chat/completions"): "v1_chat",
    ("POST", "/v1/completions"): "v1_completions",
    ("POST", "/v1/embeddings"): "v1_embeddings",
    ("GET", "/v1/models"): "v1_models",
}
_MODEL, _BLOB = "/v1/models/", "/api/blobs/"
_PATHS = frozenset(path for _, path in _ROUTES)
_FORMS = {**requests.FORMS, **translation.FORMS}
_STREAMED = {
    **dict.fromkeys(("generate", "chat", "pull", "push", "create"), True),
    **dict.fromkeys(("v1_chat", "v1_completions"), False),
}
"""The routes that can stream, and whether they do where the request does not say."""


class Ollama:
    """The provider."""

    service: Final = "ollama"

    def __init__(self, state: SharedState) -> None:
        self._settings: OllamaSettings
        self._models = Models()
        self._library = Library(self._models)
        self._serving = Serving(state, self._models)
        self._operations = Operations()
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:
        """Take models and speeds; if `fresh`, no model is loaded and nothing remembered."""
        if fresh:
            self._operations = Operations()
            self._library.reset()
        settings = config.section(OllamaSettings)
        self._settings = self._library.settings = settings
        self._serving.configure(settings, config.seed)
        self._models.configure(settings.models, fresh=fresh)

    def open(self, request: BaseRequest) -> Call:
        """Return the route; all else stands in the body."""
        method, path = request.method, request.path
        route = _ROUTES.get(("GET" if method == "HEAD" else method, path))
        if route is None and path.startswith(_BLOB) and method in ("HEAD", "POST"):
            route = "blobs"
        if route is None and path.startswith(_MODEL) and method == "GET" and "/" not in (name := path[len(_MODEL) :]):
            return Call(request, self.service, "v1_model" if name else UNKNOWN, {"model": name or None})
        return Call(request, self.service, route or UNKNOWN)

    async def read(self, call: Call) -> None:
        """Read the body; raises `RefusedError` where Ollama cannot parse it."""
        if call.route == "blobs":
            await self._library.receive(call)
            return
        data = await call.request.content.read()
        self._operations.join(call, data)
        if call.route not in _FORMS:
            return
        try:
            self._parse(call, data)
        except BadRequestError as error:
            raise RefusedError(self.error(call, 400, message=str(error))) from None

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        route = call.route
        if route in serving.ROUTES:
            if route.endswith("chat") and not call.parsed.model:
                raise answers.refusal(call, 400, "model is required")
            return await self._serving.text(call, call.parsed, self._library.found(call, call.parsed.model))
        if route in serving.EMBEDDINGS:
            return await self._serving.embeddings(call, call.parsed, self._library.found(call, call.parsed.model))
        if route in library.ROUTES:
            return await self._library.answer(call)
        if route == "root":
            return Answer(headers=answers.TEXT, body=b"Ollama is running")
        if route != UNKNOWN:
            return answers.as_json(self._describe(call))
        status, text = (405, "405 method not allowed") if call.request.path in _PATHS else (404, "404 page not found")
        return Answer(status, answers.TEXT, text.encode(), error=text)

    def answer_at_once(self, call: Call, data: bytes) -> Answer | None:
        """Answer a request for text that neither streams nor takes time."""
        if call.route not in serving.ROUTES:
            return None
        try:
            self._parse(call, data)
        except BadRequestError:
            return None
        model = self._models.get(call.parsed.model)
        if model is None or not self._serving.answer_at_once(call.parsed, model):
            return None
        self._operations.join(call, data)
        try:
            return run_to_end(self._serving.text(call, call.parsed, model))
        except RefusedError as refused:
            return refused.answer

    def answers_at_once(self, _call: Call, _size: int) -> bool:
        """What is said takes no time, or does: that stands in the body."""
        return False

    def error(self, call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return the error envelope of the API that was asked."""
        return answers.error(call, status, code, message)

    def interrupt(self, call: Call, answer: Answer, message: str) -> Answer:
        """Break off a stream after its first message with an error; what is not streamed is a 500."""
        return answers.interrupt(call, answer, message)

    def _parse(self, call: Call, data: bytes) -> None:
        """Complete the columns, and put what was asked into Ollama's own terms. Raises `BadRequestError`."""
        route, form = call.route, _FORMS[call.route]
        fields = body(data, form)
        call.columns["model"] = fields.get("source" if route == "copy" else "model", fields.get("name"))
        if route in _STREAMED:
            call.columns["stream"] = fields.get("stream", _STREAMED[route])
        if route == "v1_embeddings":
            call.parsed = requests.parse_embeddings(translation.translate_embeddings(fields), "input")
        elif route in serving.EMBEDDINGS:
            call.parsed = requests.parse_embeddings(fields, "input" if route == "embed" else "prompt")
        elif route in translation.FORMS:
            call.parsed = requests.parse_request(
                translation.native(fields, form), form, usage=translation.wants_usage(fields)
            )
        elif route in serving.ROUTES:
            call.parsed = requests.parse_request(fields, form)
        else:
            call.parsed = fields

    def _describe(self, call: Call) -> dict[str, Any]:
        """Return what is asked about the models, or the server."""
        route, name = call.route, str(call.columns.get("model") or "")
        if route == "show":
            if not name:
                raise answers.refusal(call, 400, "model is required")
            model = self._library.found(call, name)
            return model.show_answer(self._settings.capabilities, self._settings.embedding_length)
        if route == "v1_model":
            return openai.model_entry(self._library.found(call, name), name)
        if route == "tags":
            return {"models": [model.tag() for model in self._models]}
        if route == "v1_models":
            return {"object": "list", "data": [openai.model_entry(model, model.name) for model in self._models]}
        if route == "ps":
            running = self._models.running(self._settings.keep_alive_seconds)
            return {"models": [model.running(expires) for model, expires in running]}
        return {"version": self._settings.version}
