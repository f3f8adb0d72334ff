"""The models of the fake Ollama: what they are called, what they are, and which are loaded."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    """One model; everything about it follows from its name."""

    name: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the model, in hex."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes, on disk and in memory."""
        return 1_000_000_000 + int(self.digest[:8], 16)

    @property
    def modified(self) -> int:
        """When it was pulled, in seconds since 1970."""
        return int(datetime.fromisoformat(_PULLED).timestamp())

    @property
    def family(self) -> str:
        """The architecture: the letters that the name begins with."""
        name = self.name.rsplit("/", 1)[-1]
        return name[: next((i for i, letter in enumerate(name) if not letter.isalpha()), len(name))] or "llama"

    def details(self) -> dict[str, Any]:
        """Return `details` as in the answers of tags, ps and show."""
        return {
            "parent_model": "",
            "format": "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": self.name.rsplit(":", 1)[-1].upper(),
            "quantization_level": "Q4_K_M",
        }

    def tag(self) -> dict[str, Any]:
        """Return the model as in the answer of tags."""
        return {**self._named(), "modified_at": _PULLED}

    def running(self, expires: datetime) -> dict[str, Any]:
        """Return the model as in the answer of ps."""
        return {
            **self._named(),
            "expires_at": rfc3339(expires),
            "size_vram": self.size,
            "context_length": _CONTEXT_LENGTH,
        }

    def shown(self) -> dict[str, Any]:
        """Return the answer of show."""
        return {
            "license": "",
            "modelfile": f"FROM {self.name}\n",
            "parameters": "",
            "template": "{{ .Prompt }}",
            "details": self.details(),
            "model_info": {
                "general.architecture": self.family,
                "general.basename": self.name,
                f"{self.family}.context_length": _CONTEXT_LENGTH,
            },
            "capabilities": ["completion"],
            "modified_at": _PULLED,
        }

    def _named(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "model": self.name,
            "size": self.size,
            "digest": self.digest,
            "details": self.details(),
        }


class Models:
    """Which models there are, and until when (on `time.monotonic()`) each that is loaded stays so."""

    def __init__(self) -> None:
        self._models: dict[str, Model] = {}
        self._until: dict[str, float] = {}

    def configure(self, names: Iterable[str], *, fresh: bool) -> None:
        """Set which models there are; if `fresh`, none is loaded."""
        self._models = {canonical(name): Model(canonical(name)) for name in names}
        self._until = {} if fresh else {name: until for name, until in self._until.items() if name in self._models}

    def __iter__(self) -> Iterator[Model]:
        """Yield all models."""
        return iter(self._models.values())

    def get(self, name: str) -> Model | None:
        """Return the model of this name, with or without `:latest`."""
        return self._models.get(canonical(name))

    def loaded(self, model: Model) -> bool:
        """Return whether the model is in memory."""
        return self._until.get(model.name, 0.0) > time.monotonic()

    def keep(self, model: Model, seconds: float) -> None:
        """Keep the model in memory for so long from now; 0 unloads it."""
        self._until[model.name] = time.monotonic() + seconds

    def running(self) -> list[tuple[Model, datetime]]:
        """Return the models in memory and when each expires, the longest first."""
        now, moment = datetime.now(UTC), time.monotonic()
        left = sorted(((until - moment, name) for name, until in self._until.items() if until > moment), reverse=True)
        return [(self._models[name], now + timedelta(seconds=seconds)) for seconds, name in left]
