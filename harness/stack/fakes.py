"""The fakes as one part of a stack, and the client of their control plane."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import httpx

from harness.conventions import FAKE_LEDGERS, LOOPBACK
from harness.errors import StackError
from harness.stack.processes import Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class FakesControl:
    """Sets faults in the fakes and reads what they saw."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        self._client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def set_fault(self, name: str, fault: Mapping[str, Any]) -> None:
        """Switch a fault on.

        Raises:
            StackError: the control plane refused it, or does not answer.
        """
        self._ask("PUT", f"/faults/{name}", json=fault)

    def clear_fault(self, name: str) -> None:
        """Switch a fault off."""
        self._ask("DELETE", f"/faults/{name}")

    def journals(self) -> dict[str, list[dict[str, Any]]]:
        """Return every entry of each fake's journal, in order."""
        entries = [json.loads(line) for line in self._ask("GET", "/journal").text.splitlines()]
        return {name: [entry for entry in entries if entry["service"] == name] for name in FAKE_LEDGERS}

    def statistics(self) -> dict[str, Any]:
        """Return requests in flight, the number of journal entries, and counts by route, key, outcome and fault."""
        return dict(self._ask("GET", "/ledger").json())

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401 - what httpx takes
        try:
            response = self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            raise StackError(f"the fakes' control plane does not answer {method} {path}: {error!r}") from error
        if response.is_error:
            raise StackError(f"the fakes' control plane refused {method} {path}: {response.text}")
        return response


def fakes(serve: Sequence[str], ports: Mapping[str, int], control: int, config: Path) -> Part:
    """Return the process that serves these fakes, each on its port, with its configuration in a JSON file."""
    serving = [argument for name in serve for argument in ("--serve", f"{name}={ports[name]}")]
    return Part(
        name="fakes",
        command=[
            sys.executable, "-m", "fake_services", "--host", LOOPBACK, "--control", str(control),
            "--config", str(config), *serving,
        ],
        environment={},
        ready=f"http://{LOOPBACK}:{control}/health",
    )  # fmt: skip
