"""A Prometheus on saved evidence: nothing is scraped, and the saved TSDB is only read."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.errors import EvidenceError
from promdrill.evidence.prometheus_api import PrometheusApi
from promdrill.stack import binaries, monitoring
from promdrill.stack.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def prometheus_on(tsdb: Path) -> Iterator[PrometheusApi]:
    """Yield the API of a Prometheus on a copy of a TSDB, since opening one writes to it.

    Raises:
        EvidenceError: there is no TSDB, or it cannot be read.
        StackError: Prometheus did not start on it.
    """
    binary = binaries.find("prometheus")
    with Processes() as processes:
        folder = processes.temporary_folder()
        try:
            shutil.copytree(tsdb, folder / "tsdb", ignore=shutil.ignore_patterns("lock", "queries.active"))
        except (OSError, shutil.Error) as error:
            raise EvidenceError(f"the saved TSDB {tsdb} cannot be read: {error}") from error
        (folder / conventions.PROMETHEUS_TEMPLATE).write_text("{}\n", encoding="utf-8")
        port = processes.ports.take()
        part = monitoring.prometheus(binary.path, folder, port, retention="100y")  # evidence does not grow old
        processes.start_all([replace(part, name="replay")])
        with contextlib.closing(PrometheusApi(f"http://{conventions.LOOPBACK}:{port}")) as api:
            yield api
