"""The app as a process of its own, in front of the fakes, and visitors who connect to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websocket
from prometheus_client.parser import text_string_to_metric_families

from promdrill_examples.digital_actors.vocabulary import VOICES, Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Fakes

ROOT = Path(__file__).parents[4]
TOKEN = "a token"
KNOWN = {"ollama": {"models": [*Model]}, "tts": {"voices": {voice: name for name, voice in VOICES.items()}}}


@dataclass(frozen=True)
class Visitor:
    """One open session."""

    socket: websocket.WebSocket

    def says(self, **message: object) -> dict[str, Any]:
        """Return the answer to a message."""
        return self.sends(json.dumps({"id": "m", **message}))

    def sends(self, text: str) -> dict[str, Any]:
        """Return the answer to whatever was sent."""
        self.socket.send(text)
        answer: dict[str, Any] = json.loads(self.socket.recv())
        return answer


@dataclass(frozen=True)
class Actors:
    """A running app, its database, and the fakes that it calls."""

    url: str
    database: Path
    fakes: Fakes
    rate: float = 100.0

    def exposition(self, token: str = TOKEN) -> httpx.Response:
        """Return the answer to a scrape."""
        return httpx.get(f"{self.url}/metrics", headers={"Authorization": f"Bearer {token}"})

    def value(self, name: str, **labels: str) -> float:
        """Return the value of one sample."""
        families = text_string_to_metric_families(self.exposition().text)
        [value] = [
            sample.value
            for family in families
            for sample in family.samples
            if (sample.name, sample.labels) == (name, labels)
        ]
        return value

    def series(self) -> dict[str, float]:
        """Return each series, but for buckets and sums, as `name{label,...}` without its prefix, values in order."""
        text = self.exposition().text.replace("digital_actors_", "")
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {
            f"{sample.name}{{{','.join(value for _, value in sorted(sample.labels.items()))}}}": sample.value
            for sample in samples
            if not sample.name.endswith(("_bucket", "_seconds_sum"))
        }

    @contextmanager
    def changes(self) -> Iterator[dict[str, float]]:
        """Yield a dictionary that holds, after the block, what was added to each series in it."""
        added: dict[str, float] = {}
        before = self.series()
        yield added
        added.update({name: value - before[name] for name, value in self.series().items() if value != before[name]})

    @contextmanager
    def visited(self, visitor: str = "anna", scene: str = "harbour", character: str = "ghost") -> Iterator[Visitor]:
        """Hold a session, and see it closed by the app after a bye."""
        address = self.url.replace("http", "ws", 1)
        place = f"{address}/ws?visitor={visitor}&scene={scene}&character={character}"
        socket = websocket.create_connection(place, timeout=10)
        try:
            assert json.loads(socket.recv()) == {"status": "ready"}
            yield Visitor(socket)
            if socket.connected:
                socket.send("bye")
                assert socket.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE
        finally:
            socket.shutdown()

    def sessions_become(self, count: int) -> None:
        """Return when the gauge says so."""
        deadline = time.monotonic() + 10
        while self.value("digital_actors_active_sessions") != count:
            assert time.monotonic() < deadline, f"there never were {count} sessions"


@contextmanager
def _serving(fakes: Fakes, database: Path, **environment: str) -> Iterator[Actors]:
    with subprocess.Popen(
        [sys.executable, "-m", "promdrill_examples", "digital_actors", "--port", "0"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "OLLAMA_HOST": fakes.urls["ollama"],
            "ELEVENLABS_BASE_URL": fakes.urls["elevenlabs"],
            "ELEVENLABS_API_KEY": "a key",
            "DATABASE_PATH": str(database),
            **environment,
        },
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        yield Actors(json.loads(process.stdout.readline())["app"], database, fakes)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


@pytest.fixture(scope="module")
def _app(_running: Fakes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Actors]:
    database = tmp_path_factory.mktemp("actors") / "memories.db"
    with _serving(_running, database, METRICS_TOKEN=TOKEN, PROMDRILL_CLOCK_RATE=str(Actors.rate)) as actors:
        yield actors


@pytest.fixture
def actors(_app: Actors, fakes: Fakes) -> Actors:
    """Return the app in front of fakes that know its models and voices, and nothing else."""
    fakes.configure(**KNOWN)
    return _app


@pytest.fixture
def start_actors(fakes: Fakes, tmp_path: Path) -> Callable[..., AbstractContextManager[Actors]]:
    """Return what starts an app of a test's own, with more environment."""
    fakes.configure(**KNOWN)
    return lambda **environment: _serving(fakes, tmp_path / "memories.db", **environment)
