"""The receiver of a drill's notifications: a small HTTP server that keeps what Alertmanager posts."""

from __future__ import annotations

import json
import math
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from harness.conventions import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Webhook:
    """Listens on a loopback port while it is used as a context manager."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}/notifications"
        self._received: list[Mapping[str, Any]] = []
        received = self._received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                received.append({"received": time.time(), **json.loads(body)})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing: what arrives is evidence, not log."""

        self._server = ThreadingHTTPServer((LOOPBACK, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def received(self) -> tuple[Mapping[str, Any], ...]:
        """All notifications so far, in order."""
        return tuple(self._received)

    def has(self, alert: str, status: str, since: float) -> bool:
        """Tell whether an alert's group was notified as `firing`, or as `resolved` in all instances, since a time."""
        return any(payload["received"] >= since for payload in self._about(alert, status))

    def last(self, alert: str, status: str) -> float:
        """Return when an alert's group was last notified so, in epoch seconds; minus infinity where it never was."""
        return max((payload["received"] for payload in self._about(alert, status)), default=-math.inf)

    def _about(self, alert: str, status: str) -> Iterator[Mapping[str, Any]]:
        return (
            payload
            for payload in self.received
            if payload["status"] == status and payload["groupLabels"].get("alertname") == alert
        )
