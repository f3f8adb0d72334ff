"""The fakes as a process of their own, and the clients of the real services, unmodified."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import ollama
import pytest
import trustme
from botocore.config import Config
from elevenlabs import ElevenLabs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from botocore.client import BaseClient

PROVIDERS = ("ollama", "elevenlabs", "piper", "gtts", "s3")


@dataclass(frozen=True)
class Fakes:
    """Running fakes: where they are, and their control plane."""

    urls: dict[str, str]
    control: httpx.Client

    def configure(self, **patch: object) -> None:
        """Change the configuration."""
        self.control.patch("/config", json=patch).raise_for_status()

    def fault(self, service: str, effect: dict[str, Any], **rule: object) -> None:
        """Put the one fault of a test."""
        self.control.put("/faults/fault", json={"service": service, "effect": effect, **rule}).raise_for_status()

    def journal(self, **wanted: object) -> list[dict[str, Any]]:
        """Return the entries with these values."""
        entries = [json.loads(line) for line in self.control.get("/journal").text.splitlines()]
        return [entry for entry in entries if all(entry.get(name) == value for name, value in wanted.items())]

    def told(self, *columns: str, **wanted: object) -> list[tuple[Any, ...]]:
        """Return these columns of the entries with these values."""
        return [tuple(entry[column] for column in columns) for entry in self.journal(**wanted)]

    def drained(self) -> None:
        """Return when no request is in flight."""
        deadline = time.monotonic() + 10
        while self.control.get("/ledger").json()["in_flight"]:
            assert time.monotonic() < deadline, "requests stay in flight"

    def counts(self) -> list[dict[str, Any]]:
        """Return the ledger's counts."""
        counts: list[dict[str, Any]] = self.control.get("/ledger").json()["counts"]
        return counts


@contextmanager
def spawn(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the fakes with their output in pipes, and end them if they still run."""
    with subprocess.Popen(
        [sys.executable, "-m", "promdrill_fakes", "--control=0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def start(*arguments: str) -> Iterator[Fakes]:
    """Start fakes on free ports; at the end, they have had nothing to complain of."""
    with spawn(*arguments) as process:
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        with httpx.Client(base_url=urls["control"], timeout=10) as control:
            yield Fakes(urls, control)
        process.terminate()
        assert process.communicate(timeout=10) == ("", "")


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have clients trust one authority in place of all that the machine knows: reading these is slow."""
    path = tmp_path_factory.mktemp("trusted") / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(scope="session")
def starting() -> Callable[..., AbstractContextManager[Fakes]]:
    """Return what starts more fakes, for tests that need their own."""
    return start


@pytest.fixture(scope="session")
def spawning() -> Callable[..., AbstractContextManager[subprocess.Popen[str]]]:
    """Return what starts the bare process."""
    return spawn


@pytest.fixture(scope="session")
def _running() -> Iterator[Fakes]:
    with start(*(f"--serve={name}=0" for name in PROVIDERS)) as fakes:
        yield fakes


@pytest.fixture
def fakes(_running: Fakes) -> Fakes:
    """Return fakes that know nothing and are configured in no way."""
    _running.control.put("/config", json={}).raise_for_status()
    _running.control.post("/reset", params={"seed": 1}).raise_for_status()
    return _running


@pytest.fixture
def llm(fakes: Fakes) -> Iterator[ollama.Client]:
    """Return the official Ollama client."""
    client = ollama.Client(host=fakes.urls["ollama"], timeout=5)
    yield client
    client._client.close()


@pytest.fixture
def speech(fakes: Fakes) -> Iterator[ElevenLabs]:
    """Return the official ElevenLabs client."""
    with httpx.Client(timeout=5) as http:
        yield ElevenLabs(api_key="a key", base_url=fakes.urls["elevenlabs"], httpx_client=http)


@pytest.fixture
def s3(fakes: Fakes) -> Iterator[BaseClient]:
    """Return the official S3 client; it makes two attempts at most, to keep its pauses short."""
    client = s3_client(fakes.urls["s3"])
    yield client
    client.close()


def s3_client(url: str, **settings: object) -> BaseClient:
    """Return a boto3 client for S3 at a URL."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 2}),
        **settings,
    )


@pytest.fixture(scope="session")
def connect_s3() -> Callable[..., BaseClient]:
    """Return what makes more S3 clients."""
    return s3_client
