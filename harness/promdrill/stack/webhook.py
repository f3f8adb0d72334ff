"""The receiver of a drill's notifications: a small HTTP server that keeps what Alertmanager posts.

A thread of the run, or `python -m promdrill.stack.webhook PORT FILE` where Alertmanager could not reach that; this
one shows what it has kept, too.
"""

from __future__ import annotations

import abc
import json
import math
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from promdrill.alerts.delivery import VIA, read_notifications
from promdrill.conventions import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Row = Mapping[str, Any]

PATH = "/notifications"


class Inbox(abc.ABC):
    """What receivers were told. Each has a path of its own below `url`; what comes there is noted as come `via` it."""

    url: str

    @property
    @abc.abstractmethod
    def received(self) -> tuple[Row, ...]:
        """All notifications so far, in order."""

    def has(self, alert: str, status: str, since: float) -> bool:
        """Tell whether a receiver was told since a time that an alert is `firing`, or `resolved` in all instances."""
        return any(at >= since for at in self._notification_times(alert, status))

    def last(self, alert: str, status: str) -> float:
        """Return when a receiver was last told so, in epoch seconds; minus infinity where none ever was."""
        return max(self._notification_times(alert, status), default=-math.inf)

    def _notification_times(self, alert: str, status: str) -> Iterator[float]:
        return (one.at for one in read_notifications(self.received, alert) if one.status == status)


class Webhook(Inbox):
    """Listens on a loopback port while it is used as a context manager."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}{PATH}"
        self._received: list[Row] = []
        self._server = _server(LOOPBACK, port, self._received.append)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def received(self) -> tuple[Row, ...]:
        """All notifications so far, in order."""
        return tuple(self._received)


class Delivered(Inbox):
    """Reads what one that runs elsewhere writes into a file, and each line once."""

    def __init__(self, address: str, file: Path) -> None:
        self.url = f"http://{address}{PATH}"
        self._file = file
        self._read = 0
        self._received: list[Row] = []

    @property
    def received(self) -> tuple[Row, ...]:
        """All notifications so far, in order."""
        if self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._read)
                whole, _, _ = file.read().rpartition(b"\n")  # the last line may be half written
            self._received += map(json.loads, whole.splitlines())
            self._read += len(whole) + 1 if whole else 0
        return tuple(self._received)


def _server(
    host: str, port: int, keep: Callable[[Row], object], shown: Callable[[], bytes] = bytes
) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shown()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            via = unquote(self.path.rpartition("/")[2])
            keep({"received": time.time(), VIA: via, **json.loads(body)})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: what arrives is evidence, not log."""

    return ThreadingHTTPServer((host, port), Handler)


def main() -> None:
    """Write each notification into a file as a line of JSON, until it is ended."""
    port, file = sys.argv[1:]
    writing = threading.Lock()
    with Path(file).open("a", encoding="utf-8") as lines:

        def keep(row: Row) -> None:
            with writing:
                lines.write(f"{json.dumps(dict(row))}\n")
                lines.flush()

        _server("0.0.0.0", int(port), keep, Path(file).read_bytes).serve_forever()


if __name__ == "__main__":
    main()
