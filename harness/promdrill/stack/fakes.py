"""The fakes as one part of a stack, and the client of their control plane."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from promdrill import plain_http
from promdrill.conventions import FAKE_LEDGERS, PYTHON
from promdrill.errors import StackError
from promdrill.stack.image import OURS
from promdrill.stack.part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FAKES = "fakes"


class FakesControl:
    """Sets faults in the fakes and reads what they saw."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = plain_http.client(url, seconds=30)

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

    def configure(self, patch: Mapping[str, Any]) -> None:
        """Change what is given of the configuration."""
        self._ask("PATCH", "/config", json=patch)

    def begin_again(self, config: Mapping[str, Any]) -> None:
        """Replace the whole configuration, faults too, and forget all that was seen and stored."""
        self._ask("PUT", "/config", json=config)
        self._ask("POST", "/reset")

    def journals(self) -> dict[str, list[dict[str, Any]]]:
        """Return every entry of each fake's journal, in order."""
        entries = self.journal()
        return {name: [entry for entry in entries if entry["service"] == name] for name in FAKE_LEDGERS}

    def journal(self) -> list[dict[str, Any]]:
        """Return every entry of the journal, in order."""
        return [json.loads(line) for line in self._ask("GET", "/journal").text.splitlines()]

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


def fakes(serving: Mapping[str, int], control: int, config: Path, host: str, listening: str) -> Part:
    """Return the process that serves fakes, each on its port, with its configuration in a JSON file.

    `host` is where it is reached, `listening` where it sees to that.
    """
    ports = [argument for name, port in serving.items() for argument in ("--serve", f"{name}={port}")]
    return Part(
        name=FAKES,
        command=[
            *PYTHON, "-m", "promdrill_fakes", "--host", listening, "--control", str(control),
            "--config", str(config), *ports,
        ],
        environment={},
        ready=f"http://{host}:{control}/health",
        image=OURS,
        ports=(control, *serving.values()),
    )  # fmt: skip
