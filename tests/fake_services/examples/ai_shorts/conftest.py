"""The app in this process, in front of the fakes, with a log and a database of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from promdrill_examples.ai_shorts.api import create_app
from promdrill_examples.ai_shorts.settings import Settings
from promdrill_examples.ai_shorts.vocabulary import Model
from promdrill_fakes.clock import Clock
from tests.fake_services.examples.counting import changes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import httpx
    from conftest import Fakes

MODELS = {"models": [*Model]}


@dataclass(frozen=True)
class Shorts:
    """The running app, the fakes that it calls, its log and its database."""

    http: TestClient
    fakes: Fakes
    log: Path
    database: Path

    def job(self, prompt: str, job_type: str = "script", user: str = "ann", **headers: str) -> httpx.Response:
        """Hand in a job; headers are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/jobs", json={"job_type": job_type, "prompt": prompt, "user": user}, headers=named)

    def batch(self, *jobs: tuple[str, str], user: str = "ann", **headers: str) -> httpx.Response:
        """Hand in jobs, each a type and a prompt."""
        orders = [{"job_type": job_type, "prompt": prompt} for job_type, prompt in jobs]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/batches", json={"user": user, "jobs": orders}, headers=named)

    def changes(self) -> AbstractContextManager[dict[str, float]]:
        """Yield what the block adds to each series."""
        return changes(lambda: self.http.get("/metrics").text)

    def lines(self, **wanted: object) -> list[dict[str, Any]]:
        """Return the lines of the log with these values."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if wanted.items() <= line.items()]


@pytest.fixture(scope="session")
def _settings(_running: Fakes, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("shorts")
    return Settings(
        _running.urls["ollama"],
        upstream_timeout=2.0,
        database=str(folder / "shorts.db"),
        log_file=str(folder / "logs" / "app.log"),
    )


@pytest.fixture(scope="session")
def _app(_settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(_settings, Clock()), raise_server_exceptions=False) as http:
        http.post(
            "/jobs", json={"job_type": "script", "prompt": "the first", "user": "ann"}
        )  # ann is active from now on
        yield http


@pytest.fixture
def shorts(_app: TestClient, _settings: Settings, fakes: Fakes) -> Shorts:
    """Return the app in front of fakes that know its models; its log is empty, its cache is not."""
    fakes.configure(ollama=MODELS)
    log = Path(_settings.log_file)
    log.write_text("")
    return Shorts(_app, fakes, log, Path(_settings.database))
