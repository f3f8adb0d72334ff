"""Fakes without a stack: in a process of their own, for a shell or for somebody's own tests."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promdrill import extras, wait
from promdrill.conventions import PYTHON
from promdrill.errors import DeadlineError, StackError, UsageError
from promdrill.stack.fakes import FakesControl
from promdrill.stack.part import Part, ending
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from promdrill.stack.part import Running

FAKES = ("ollama", "elevenlabs", "piper", "gtts", "s3")
TTS = ("elevenlabs", "piper", "gtts")
CONTROL = "control"
# How the fakes end where what they were told cannot be: a port that is not to be had, a configuration that is none.
REFUSALS = (1, 2)
START_SECONDS = 30.0


@contextlib.contextmanager
def standing(ports: Mapping[str, int], options: Sequence[str] = (), control: int = 0) -> Iterator[Standing]:
    """Serve these fakes, each on its port (0: any free one), until the context ends.

    `options` are further ones of `python -m promdrill_fakes`.

    Raises:
        UsageError: a library is not installed, a port cannot be had, or the configuration is refused.
        StackError: they did not start.
    """
    extras.require(extras.RUN, "a fake")
    serving = [f"--serve={name}={port}" for name, port in ports.items()]
    command = [*PYTHON, "-m", "promdrill_fakes", f"--control={control}", *serving, *options]
    with Processes() as processes:
        running = processes.start(Part("fakes", command, {}, seconds=START_SECONDS))
        try:
            urls = wait.until(
                lambda: _announced(running),
                what="the fakes serving",
                seconds=START_SECONDS,
                alive=lambda: _check(running),
            )
        except DeadlineError as error:
            raise StackError(f"{error}; the end of {running.log}:\n{running.tail()}") from None
        with contextlib.closing(FakesControl(urls[CONTROL])) as controlling:
            yield Standing(urls, controlling, processes.alive)


def _announced(running: Running) -> dict[str, str]:
    """Return what the fakes say when all of them listen: their URLs, as one line of JSON."""
    line, end, _ = running.log.read_text(encoding="utf-8").partition("\n")
    if not end:
        raise wait.NotYet("nothing announced")
    try:
        return dict(json.loads(line))
    except ValueError:
        raise wait.NotYet(line) from None


def _check(running: Running) -> None:
    if (code := running.process.poll()) is None:
        return
    if code in REFUSALS:
        raise UsageError(running.log.read_text(encoding="utf-8").strip().removeprefix("promdrill_fakes: "))
    raise StackError(f"the fakes did not start ({ending(code)}):\n{running.tail()}")


@dataclass(frozen=True, slots=True)
class Standing:
    """Fakes that are up: the URL of each and of their control plane; `alive` raises a StackError once they are not."""

    urls: Mapping[str, str]
    control: FakesControl
    alive: Callable[[], None]

    def fake(self, name: str) -> Fake:
        """Return one of them."""
        return Fake(name, self.urls[name], self.control)

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point clients at them.

        Those that have none of their own get one that an app may read.
        """
        found: dict[str, str] = {}
        for name, url in self.urls.items():
            found |= environment(name, url)
        return found


def environment(name: str, url: str) -> dict[str, str]:
    """Return the environment variables that point the clients of one fake, or of the control plane, at it."""
    return {
        "ollama": {"OLLAMA_HOST": url, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "any"},
        "elevenlabs": {"ELEVENLABS_BASE_URL": url, "ELEVENLABS_API_KEY": "any"},
        "piper": {"PIPER_URL": url},
        "gtts": {"GTTS_TLD": f"com@{url.partition('://')[2]}"},
        "s3": {
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        CONTROL: {"PROMDRILL_CONTROL": url},
    }[name]


class Fake:
    """One fake, for a test: where it is, how it misbehaves, and what it saw."""

    def __init__(self, name: str, url: str, control: FakesControl) -> None:
        self.name = name
        self.url = url
        self.environment = environment(name, url)
        self._control = control
        self._service = "tts" if name in TTS else name
        # The three that speak share a service, and are told apart by this column.
        self._own = {"provider": name} if name in TTS else {}

    def configure(self, **settings: object) -> None:
        """Set fields of its configuration, such as `models=["mistral:7b"]`; the others stay."""
        self._control.configure({self._service: settings})

    def set_latency(self, route: str, **distribution: object) -> None:
        """Set the latency of a route (`"*"`: of all others), such as `constant={"seconds": 0.2}`."""
        self._control.configure({"latency": {self._service: {route: distribution}}})

    def put_fault(
        self,
        name: str,
        effect: Mapping[str, Any],
        *,
        match: Mapping[str, Any] | None = None,
        trigger: Mapping[str, Any] | None = None,
    ) -> None:
        """Set or replace a fault of this fake by its name; a StackError says what is wrong with it."""
        rule = {"match": {**self._own, **(match or {})}, "trigger": trigger or {}, "effect": effect}
        self._control.set_fault(name, {"service": self._service, **rule})

    def delete_fault(self, name: str) -> None:
        """Take a fault away."""
        self._control.clear_fault(name)

    def journal(self, **wanted: object) -> list[dict[str, Any]]:
        """Return what it saw, attempt by attempt, in order of finishing; of entries, those with these values."""
        return self._of(self._control.journal(), wanted)

    def ledger(self, **wanted: object) -> list[dict[str, Any]]:
        """Return its exact counts by route, key, outcome and fault; of counts, those with these values."""
        return self._of(self._control.statistics()["counts"], wanted)

    def _of(self, rows: list[dict[str, Any]], wanted: Mapping[str, object]) -> list[dict[str, Any]]:
        asked = {"service": self._service, **self._own, **wanted}
        return [row for row in rows if all(row.get(column) == value for column, value in asked.items())]
