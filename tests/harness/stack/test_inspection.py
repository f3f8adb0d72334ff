"""A small server with one protected page, and a real Prometheus, asked as at the end of a run."""

from __future__ import annotations

import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from promdrill import conventions
from promdrill.contract import Contract
from promdrill.evidence.prometheus_api import PrometheusApi
from promdrill.stack import binaries, monitoring
from promdrill.stack.inspection import ask_endpoints, ask_for_access, ask_for_retention
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAID = {"subject": "access", "source": "doc:1"}
BARE = {"system": "shop", "documents": {"doc": "shop.md"}}
PROTECTED = Contract.model_validate({**BARE, "security": [{**SAID, "endpoint": "GET /metrics"}]})
RETAINING = Contract.model_validate({**BARE, "retention": [{**SAID, "default": "15d", "flag": "30d"}]})


class Pages(BaseHTTPRequestHandler):
    """Answers /metrics to who shows the token, /gone with 404, and nothing at all at /silent."""

    token: ClassVar[str] = "Bearer drill-token"

    def do_GET(self) -> None:
        """Answer as the path says."""
        if self.path == "/silent":
            return
        allowed = self.path != "/metrics" or self.headers["Authorization"] == self.token
        self.send_response(404 if self.path == "/gone" else 200 if allowed else 401)
        self.send_header("X-Path", self.path)
        self.end_headers()
        self.wfile.write(b"\xc3\xa9")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def pages() -> Iterator[str]:
    """The address of the server."""
    server = ThreadingHTTPServer((conventions.LOOPBACK, 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://{conventions.LOOPBACK}:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_endpoints(pages: str) -> None:
    """Every endpoint is asked with the token, and its answer or the lack of one is told whole."""
    answers = ask_endpoints(["GET /metrics", "GET /gone", "GET /silent"], pages, "drill-token")
    path = {name: answer.get("headers", {}).get("x-path") for name, answer in answers.items()}
    told = {name: (answer.get("status"), answer.get("body")) for name, answer in answers.items()}
    assert path == {"GET /metrics": "/metrics", "GET /gone": "/gone", "GET /silent": None}
    assert told == {"GET /metrics": (200, "é"), "GET /gone": (404, "é"), "GET /silent": (None, None)}
    assert answers["GET /silent"] == {"error": "RemoteProtocolError: Server disconnected without sending a response."}


def test_access(pages: str) -> None:
    """A protected endpoint is asked without a token, with a wrong one and with the right one."""
    assert ask_for_access(PROTECTED, pages, "drill-token") == {
        "GET /metrics": {"nothing": 401, "wrong": 401, "right": 200}
    }


def test_access_without_a_token(pages: str) -> None:
    """Where the drill has no token, the right one cannot be shown."""
    assert ask_for_access(PROTECTED, pages, None) == {"GET /metrics": {"nothing": 401, "wrong": 401}}


@pytest.mark.parametrize(
    ("contract", "default"), [(RETAINING, "15d"), (Contract.model_validate(BARE), None)], ids=["promised", "not"]
)
def test_retention(tmp_path: Path, contract: Contract, default: str | None) -> None:
    """A running Prometheus tells its flag and what it keeps; where a default is promised, one without it tells that."""
    binary = binaries.find("prometheus")
    (tmp_path / conventions.PROMETHEUS_TEMPLATE).write_text("{}\n", encoding="utf-8")
    with Processes() as processes:
        port = processes.ports.take()
        processes.start_all([monitoring.prometheus(binary.path, tmp_path, port, retention="30d")])
        with closing(PrometheusApi(f"http://{conventions.LOOPBACK}:{port}")) as api:
            told = ask_for_retention(contract, api, processes)
    assert told == {"flag": "30d", "kept": "30d", "default": default}
