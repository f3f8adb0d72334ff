"""The models on disk: pulled, pushed, created, copied, deleted; and the blobs that they are made of."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import TYPE_CHECKING, Any

from promdrill_fakes.call import Answer
from promdrill_fakes.latency import sleep_until
from promdrill_fakes.ollama.answers import LINES, as_json, line, refusal
from promdrill_fakes.ollama.models import Model, Models, canonical

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from promdrill_fakes.call import Call
    from promdrill_fakes.ollama.settings import OllamaSettings

ROUTES = frozenset({"pull", "push", "create", "copy", "delete", "blobs"})
_DIGEST = re.compile(r"sha256[:-][0-9a-fA-F]{64}")
_NAME = re.compile(r"(?:[\w.-]+(?::\d+)?/){0,2}[\w.-]+(?::[\w.-]+)?")
_STEPS = 4
"""How often a pull or a push tells how far it has come."""
_ADDED = ("template", "system", "license", "parameters", "messages", "quantize", "adapters")


class Library:
    """Does what is asked of models on disk."""

    def __init__(self, models: Models) -> None:
        self.settings: OllamaSettings
        self._models = models
        self._blobs: set[str] = set()

    def reset(self) -> None:
        """Forget all blobs."""
        self._blobs.clear()

    async def receive(self, call: Call) -> None:
        """Read a blob, of any size; what is kept of it is its digest."""
        received = hashlib.sha256()
        async for chunk in call.request.content.iter_any():
            received.update(chunk)
        call.parsed = f"sha256:{received.hexdigest()}"

    async def answer(self, call: Call) -> Answer:
        """Do what was asked."""
        if call.route == "blobs":
            return self._blob(call)
        asked: Mapping[str, Any] = call.parsed
        if call.route == "copy":
            return self._copy(call, asked)
        name = asked.get("model") or asked.get("name") or ""
        if not _NAME.fullmatch(name):
            raise refusal(
                call, 400, f"name {json.dumps(name)} is invalid" if call.route == "delete" else "invalid model name"
            )
        if call.route == "create":
            return await self._create(call, name, asked)
        if call.route == "pull":
            return await self._pull(call, name)
        model = self.found(call, name)
        if call.route == "push":
            return await self._transfer(call, "push", model, lambda: None)
        self._models.remove(model)
        return Answer()

    def found(self, call: Call, name: str) -> Model:
        """Return a model; raises `RefusedError` where it is not there."""
        model = self._models.get(name)
        if model is None:
            raise refusal(call, 404, f"model '{name}' not found")
        return model

    def _blob(self, call: Call) -> Answer:
        digest = call.request.path.rsplit("/", 1)[-1].replace("sha256-", "sha256:")
        if not _DIGEST.fullmatch(digest):
            raise refusal(call, 400, "invalid digest format")
        if call.request.method == "HEAD":
            return Answer() if digest in self._blobs else Answer(404, error="blob not found")
        if digest in self._blobs:
            return Answer()
        if digest != call.parsed:
            raise refusal(call, 400, f'digest mismatch, expected "{digest}", got "{call.parsed}"')
        self._blobs.add(digest)
        return Answer(201)

    def _copy(self, call: Call, asked: Mapping[str, Any]) -> Answer:
        for end in ("source", "destination"):
            if not _NAME.fullmatch(asked.get(end, "")):
                raise refusal(call, 400, f"{end} {json.dumps(asked.get(end, ''))} is invalid")
        model = self._models.get(asked["source"])
        if model is None:
            raise refusal(call, 404, f"model {json.dumps(asked['source'])} not found")
        self._models.add(model.with_name(canonical(asked["destination"])))
        return Answer()

    async def _create(self, call: Call, name: str, asked: Mapping[str, Any]) -> Answer:
        base, files = asked.get("from"), asked.get("files")
        if not base and not files:
            raise refusal(call, 400, "neither 'from' or 'files' was specified")
        for digest in (files or {}).values():
            if digest not in self._blobs:
                raise refusal(call, 400, f"file does not exist: {digest}")
        if base:
            original = self._models.get(base) or (Model(canonical(base)) if self._is_published(base) else None)
            if original is None:
                raise refusal(call, 400, "pull model manifest: file does not exist")
            inherited = original.added
        else:
            original, inherited = Model(canonical(name)), {"files": files}
        added = {**inherited, **{key: asked[key] for key in _ADDED if key in asked}}
        model = Model(canonical(name), original.base or original.name, added)
        steps = [{"status": f"using existing layer sha256:{model.digest}"}, {"status": "writing manifest"}]
        return await self._progress(call, steps, lambda: self._models.add(model), 0.0)

    async def _pull(self, call: Call, name: str) -> Answer:
        model = self._models.get(name) or Model(canonical(name))
        if self._is_published(name):
            return await self._transfer(call, "pull", model, lambda: self._models.add(model))
        message = "pull model manifest: file does not exist"
        if call.columns["stream"] is False:
            raise refusal(call, 500, message)
        pieces = _pace_steps([{"status": "pulling manifest"}], 0.0)
        return Answer(headers=LINES, pieces=pieces, body=line({"error": message}), error=message)

    def _is_published(self, name: str) -> bool:
        registry = self.settings.registry
        return registry is None or canonical(name) in map(canonical, registry)

    async def _transfer(self, call: Call, verb: str, model: Model, done: Callable[[], None]) -> Answer:
        """Answer a pull or a push, with its progress."""
        layer = {"status": f"{verb}ing {model.digest[:12]}", "digest": f"sha256:{model.digest}", "total": model.size}
        moved = [layer] + [{**layer, "completed": model.size * step // _STEPS} for step in range(1, _STEPS + 1)]
        if verb == "pull":
            before, after = ["pulling manifest"], ["verifying sha256 digest", "writing manifest"]
        else:
            before, after = ["retrieving manifest"], ["pushing manifest"]
        steps: list[dict[str, Any]] = [{"status": text} for text in before]
        steps += [*moved, *({"status": text} for text in after)]
        return await self._progress(call, steps, done, self.settings.pull_seconds)

    async def _progress(
        self, call: Call, steps: list[dict[str, Any]], done: Callable[[], None], seconds: float
    ) -> Answer:
        """Answer with each step and success, or if nothing is streamed with success alone."""
        success = {"status": "success"}
        if call.columns["stream"] is False:
            await sleep_until(time.monotonic() + seconds)
            done()
            return as_json(success)

        def success_line() -> bytes:
            done()
            return line(success)

        return Answer(headers=LINES, pieces=_pace_steps(steps, seconds), body=success_line)


async def _pace_steps(steps: list[dict[str, Any]], seconds: float) -> AsyncGenerator[bytes]:
    started = time.monotonic()
    for ordinal, step in enumerate(steps):
        await sleep_until(started + seconds * ordinal / len(steps))
        yield line(step)
    await sleep_until(started + seconds)
