"""The app in this process, in front of the fakes; what it counts is read from its registry."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from promdrill_examples.aurea_orchestrator import metrics
from promdrill_examples.aurea_orchestrator.api import create_app
from promdrill_examples.aurea_orchestrator.settings import Settings
from promdrill_examples.aurea_orchestrator.vocabulary import Model
from promdrill_fakes.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from conftest import Fakes


@dataclass(frozen=True)
class Aurea:
    """The running app, and the fakes that it calls."""

    http: TestClient
    fakes: Fakes
    rate: float = 100.0

    def order(self, model: str = "gpt-4", prompt: str = "tell", **more: object) -> httpx.Response:
        """Order a task."""
        return self.http.post("/tasks", json={"model": model, "prompt": prompt, **more}, headers={"X-Request-ID": "id"})

    def samples(self) -> dict[str, float]:
        """Return each sample but those of buckets and sums, as `name{value,...}`, in order of the labels' names."""
        return {
            f"{one.name}{{{','.join(str(value) for _, value in sorted(one.labels.items()))}}}": one.value
            for family in metrics.REGISTRY.collect()
            for one in family.samples
            if not one.name.endswith(("_bucket", "_sum"))
        }

    @contextmanager
    def changes(self, *names: str) -> Iterator[dict[str, float]]:
        """Yield a dictionary that holds, after the block, what was added to each sample whose name starts so."""
        added: dict[str, float] = {}
        before = self.samples()
        yield added
        after = {name: round(value - before.get(name, 0), 9) for name, value in self.samples().items()}
        added.update({name: value for name, value in after.items() if value and name.startswith(names)})

    def entries(self) -> list[dict[str, Any]]:
        """Return what the fake saw."""
        return self.fakes.journal(service="ollama")


@pytest.fixture(scope="session")
def _app(_running: Fakes) -> Iterator[TestClient]:
    settings = Settings(f"{_running.urls['ollama']}/v1", "a key", upstream_timeout=2.0)
    with TestClient(create_app(settings, Clock(Aurea.rate)), raise_server_exceptions=False) as http:
        yield http


@pytest.fixture
def aurea(_app: TestClient, fakes: Fakes) -> Aurea:
    """Return the app in front of fakes that know its models, and nothing else."""
    fakes.configure(ollama={"models": [*Model], "capabilities": ["completion"]})
    return Aurea(_app, fakes)
