"""The models of the fake Ollama: what they are called, what they are, and which are loaded."""

from __future__ import annotations

import hashlib
import math
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PULLED = "2025-01-01T00:00:00Z"
_CONTEXT_LENGTH = 4096


def canonical(name: str) -> str:
    """Return a model's name with its tag, `latest` where it has none."""
    return name if ":" in name.rsplit("/", 1)[-1] else f"{name}:latest"


def rfc3339(when: datetime) -> str:
    """Return a time as Ollama writes it."""
    return when.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Model:
    """One model; everything about it follows from its name, or from the `base` it was made of and what was `added`."""

    name: str
    base: str = ""
    added: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The SHA-256 of the model, in hex; a copy has that of its original."""
        added = repr(sorted(self.added.items())) if self.added else ""
        return hashlib.sha256(f"{self.base or self.name}{added}".encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes, on disk and in memory."""
        return 1_000_000_000 + zlib.crc32((self.base or self.name).encode())

    @property
    def modified(self) -> int:
        """When it was pulled, in seconds since 1970."""
        return int(datetime.fromisoformat(_PULLED).timestamp())

    @property
    def family(self) -> str:
        """The architecture: the letters that the name of the base begins with."""
        name = (self.base or self.name).rsplit("/", 1)[-1]
        return name[: next((i for i, letter in enumerate(name) if not letter.isalpha()), len(name))] or "llama"

    def with_name(self, name: str) -> Model:
        """Return the same model under another name."""
        return replace(self, name=name, base=self.base or self.name)

    def details(self) -> dict[str, Any]:
        """Return `details` as in the answers of tags, ps and show."""
        return {
            "parent_model": self.base if self.added else "",
            "format": "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": (self.base or self.name).rsplit(":", 1)[-1].upper(),
            "quantization_level": str(self.added.get("quantize", "Q4_K_M")).upper(),
        }

    def tag(self) -> dict[str, Any]:
        """Return the model as in the answer of tags."""
        return {**self._identity(), "modified_at": _PULLED}

    def running(self, expires: datetime) -> dict[str, Any]:
        """Return the model as in the answer of ps."""
        return {
            **self._identity(),
            "expires_at": rfc3339(expires),
            "size_vram": self.size,
            "context_length": _CONTEXT_LENGTH,
        }

    def show_answer(self, capabilities: Iterable[str], embedding_length: int) -> dict[str, Any]:
        """Return the answer of show."""
        told = {name: self.added[name] for name in ("system", "messages") if name in self.added}
        licence = self.added.get("license", "")
        parameters = "\n".join(f"{name:<30} {value}" for name, value in self.added.get("parameters", {}).items())
        return {
            "license": "\n".join(licence) if isinstance(licence, list) else licence,
            "modelfile": f"FROM {self.base or self.name}\n",
            "parameters": parameters,
            "template": self.added.get("template", "{{ .Prompt }}"),
            **told,
            "details": self.details(),
            "model_info": {
                "general.architecture": self.family,
                "general.basename": self.base or self.name,
                "general.parameter_count": self.size * 2,
                f"{self.family}.context_length": _CONTEXT_LENGTH,
                f"{self.family}.embedding_length": embedding_length,
            },
            "capabilities": list(capabilities),
            "modified_at": _PULLED,
        }

    def _identity(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "model": self.name,
            "size": self.size,
            "digest": self.digest,
            "details": self.details(),
        }


@dataclass(slots=True)
class _Loaded:
    """A model in memory: when it is there, until when it stays; both on `time.monotonic()`."""

    since: float
    until: float


class Models:
    """Which models there are, and which are in memory. A model that answers a call stays; time counts from its end."""

    def __init__(self) -> None:
        self._configured: tuple[str, ...] = ()
        self._models: dict[str, Model] = {}
        self._loaded: dict[str, _Loaded] = {}
        self._calls: Counter[str] = Counter()

    def configure(self, names: tuple[str, ...], *, fresh: bool) -> None:
        """Set which models there are, if these are others than before; if `fresh`, none is loaded, none was added."""
        if fresh or names != self._configured:
            self._configured = names
            self._models = {canonical(name): Model(canonical(name)) for name in names}
        self._loaded = {} if fresh else {name: at for name, at in self._loaded.items() if name in self._models}

    def __iter__(self) -> Iterator[Model]:
        """Yield all models."""
        return iter(self._models.values())

    def get(self, name: str) -> Model | None:
        """Return the model of this name, with or without `:latest`."""
        return self._models.get(name) or self._models.get(canonical(name))

    def add(self, model: Model) -> None:
        """Let there be a model, in place of one of the same name."""
        self._models[model.name] = model

    def remove(self, model: Model) -> None:
        """Let a model be no more, neither on disk nor in memory."""
        del self._models[model.name]
        self._loaded.pop(model.name, None)

    def begin(self, model: Model) -> None:
        """Keep the model in memory, once there, until the call ends."""
        self._calls[model.name] += 1

    def load(self, model: Model, seconds: float) -> float:
        """Return when (on `time.monotonic()`) the model is in memory; where it is not yet, loading takes `seconds`."""
        now = time.monotonic()
        loaded = self._loaded.get(model.name)
        if loaded is None or loaded.until <= now:
            loaded = self._loaded[model.name] = _Loaded(now + seconds, math.inf)
        loaded.until = math.inf
        return loaded.since

    def end(self, model: Model, keep: float) -> None:
        """End a call; if it was the last one, the model stays for `keep` seconds from now."""
        self._calls[model.name] -= 1
        if not self._calls[model.name] > 0 and (loaded := self._loaded.get(model.name)):
            loaded.until = time.monotonic() + keep

    def unload(self, model: Model) -> None:
        """Take the model out of memory."""
        self._loaded.pop(model.name, None)

    def waits(self, model: Model, seconds: float) -> bool:
        """Return whether loading the model would take time."""
        now, loaded = time.monotonic(), self._loaded.get(model.name)
        return seconds > 0 if loaded is None or loaded.until <= now else loaded.since > now

    def running(self, keep: float) -> list[tuple[Model, datetime]]:
        """Return the models in memory and when each expires, the longest first; those in use as if for `keep` more."""
        now, moment = datetime.now(UTC), time.monotonic()
        left = sorted(
            (
                (keep if at.until == math.inf else at.until - moment, name)
                for name, at in self._loaded.items()
                if at.since <= moment < at.until
            ),
            reverse=True,
        )
        return [(self._models[name], now + timedelta(seconds=seconds)) for seconds, name in left]
