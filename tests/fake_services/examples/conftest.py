"""The reference app as a process of its own, in front of the fakes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from conftest import Fakes

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "promdrill_examples")
RATE = 100.0


@dataclass(frozen=True)
class App:
    """A running app: a client of it, and its process."""

    http: httpx.Client
    process: subprocess.Popen[bytes]


@dataclass(frozen=True)
class Crew:
    """A running app, and the fakes that it calls."""

    http: httpx.Client
    fakes: Fakes

    def series(self) -> dict[str, float]:
        """Return each series, but for buckets and sums, as `name{label,...}`, label values in order of their names."""
        text = self.http.get("/metrics").text
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

    def sum_of(self, histogram: str, **labels: str) -> float:
        """Return the `_sum` of one child of a histogram, in the app's seconds."""
        families = text_string_to_metric_families(self.http.get("/metrics").text)
        [total] = [
            sample.value
            for family in families
            for sample in family.samples
            if (sample.name, sample.labels) == (f"{histogram}_sum", labels)
        ]
        return total

    def store(self, kind: str, body: bytes, **query: str | int) -> str:
        """Store an artifact and return its key."""
        key: str = self.http.post(f"/artifacts/{kind}", content=body, params=query).raise_for_status().json()["key"]
        return key

    def render(self, clip: str, renderer: str = "ffmpeg", seconds: float = 0.0) -> httpx.Response:
        """Ask for a render of a stored clip."""
        return self.http.post("/renders", json={"clip": clip, "renderer": renderer, "seconds": seconds})

    def clean(self, plan: str) -> httpx.Response:
        """Run the clean-up of a plan."""
        return self.http.post("/retention/runs", json={"plan": plan})


def upstreams(fakes: Fakes) -> dict[str, str]:
    """Return the environment in which the app finds the fakes."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        "OLLAMA_HOST": fakes.urls["ollama"],
        "ELEVENLABS_BASE_URL": fakes.urls["elevenlabs"],
        "ELEVENLABS_API_KEY": "a key",
        "PIPER_URL": fakes.urls["piper"],
        "GTTS_TLD": f"com@{fakes.urls['gtts'].removeprefix('https://')}",
        "AWS_ENDPOINT_URL": fakes.urls["s3"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[App]:
    """Start the app on a free port, and end it."""
    with subprocess.Popen(
        [*COMMAND, "content_creation_crew", "--port", "0"], env=environment, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["app"]
        with httpx.Client(base_url=url, timeout=20) as http:
            yield App(http, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


@pytest.fixture(scope="session")
def surroundings(_running: Fakes) -> dict[str, str]:
    """Return the environment of an app in front of the fakes, in whatever state they are."""
    return upstreams(_running)


@pytest.fixture
def start_app(fakes: Fakes) -> Callable[..., AbstractContextManager[App]]:
    """Return what starts an app with more environment, in front of fakes that know nothing."""
    return lambda **environment: serving({**upstreams(fakes), **environment})


@pytest.fixture
def refused(fakes: Fakes) -> Callable[..., str]:
    """Return what starts an app that ends at once with exit 2, and returns its error."""

    def start(*arguments: str, **environment: str | None) -> str:
        given = {name: value for name, value in {**upstreams(fakes), **environment}.items() if value is not None}
        ended = subprocess.run([*COMMAND, *arguments], env=given, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout) == (2, "")
        return ended.stderr.splitlines()[-1].rpartition("error: ")[2]

    return start


@pytest.fixture(scope="session")
def _app(_running: Fakes) -> Iterator[httpx.Client]:
    with serving({**upstreams(_running), "PROMDRILL_CLOCK_RATE": str(RATE)}) as app:
        yield app.http


@pytest.fixture
def crew(_app: httpx.Client, fakes: Fakes) -> Crew:
    """Return the app in front of fakes that know nothing."""
    return Crew(_app, fakes)
