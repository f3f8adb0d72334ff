"""Real Locust against a small server, with no Prometheus: a load of users as drill.yml has them."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from promdrill import conventions, wait
from promdrill.contract import Contract, Drill, Scenario
from promdrill.load.generator import Generator, LoadSettings, locust
from promdrill.stack.processes import Processes
from promdrill.yamlfile import YamlFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from promdrill.options import Distribution

USERS = '''
from promdrill.load.user import DrillUser


class Buyer(DrillUser):
    cases = tuple({"item": number} for number in range(7))

    def turn(self, case):
        self.send("buy", "POST", "/buy", context=case)

    def look(self, case):
        self.send("look", "GET", "/look", context=case)


class Other(Buyer):
    """Another class of the same."""
'''
DRAIN_SECONDS = 30.0


@dataclass
class Shop:
    """A server that counts its requests; while `open` is not set it lets them wait."""

    url: str = ""
    open: threading.Event = field(default_factory=threading.Event)
    seen: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    request_queue_size = 1024


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A running shop."""
    state = Shop()
    state.open.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            state.seen.append(self.headers["X-Request-ID"])
            state.open.wait()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the name is that of the base class

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Server((conventions.LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    state.url = f"http://{conventions.LOOPBACK}:{server.server_port}"
    yield state
    state.open.set()
    server.shutdown()
    server.server_close()


@dataclass
class Load:
    """A load that goes on, and what it has told when it has ended."""

    generator: Generator
    folder: Path

    def rows(self) -> list[dict[str, Any]]:
        """Return the client's ledger so far."""
        path = self.folder / "ledgers" / "client.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def await_rows(self, count: int) -> None:
        """Wait until the ledger has so many."""

        def there() -> None:
            self.generator.check()
            if (have := len(self.rows())) < count:
                raise wait.NotYet(f"{have} rows of {count}")

        wait.until(there, what=f"{count} rows", seconds=DRAIN_SECONDS)

    def stop(self) -> dict[str, Any]:
        """End it and return its report."""
        self.generator.stop()
        report: dict[str, Any] = json.loads((self.folder / conventions.LOAD_REPORT).read_text())
        return report


def scenario(folder: Path, users: dict[str, Any], thresholds: Sequence[dict[str, Any]] = ()) -> Scenario:
    """Return one whose users are in the folder: those of these classes, as drill.yml has them."""
    contract = Contract.model_validate({"system": "shop", "documents": {"doc": "docs/shop.md"}})
    drill = Drill.model_validate(
        {
            "app": {"command": ["python"], "port": 1},
            "load": users,
            "phases": [{"name": "baseline", "for": 1}],
            "thresholds": thresholds,
        }
    )
    return Scenario(folder, contract, drill, (), (), YamlFile("drill.yml"))


@pytest.fixture
def loaded(tmp_path: Path, shop: Shop) -> Iterator[Callable[..., Load]]:
    """Give a way to load the shop: the users by class as drill.yml has them, and how Locust runs."""
    (tmp_path / "users.py").write_text(USERS)
    (tmp_path / "ledgers").mkdir()
    (tmp_path / "logs").mkdir()
    with Processes(tmp_path / "logs") as processes:

        def start(
            users: dict[str, Any],
            engine: Distribution,
            *,
            short: bool = False,
            thresholds: Sequence[dict[str, Any]] = (),
            metrics: int | None = None,
        ) -> Load:
            order = LoadSettings(shop.url, tmp_path, seed=1, short=short, may_abort=bool(thresholds), metrics=metrics)
            # Several tests, each with several processes, can run at once.
            engine = engine if engine.workers else replace(engine, port=processes.ports.take())
            part = locust(scenario(tmp_path, users, thresholds), order, engine)
            generator = Generator.start(processes, part, tmp_path)
            generator.wait_for_users()
            return Load(generator, tmp_path)

        yield start
