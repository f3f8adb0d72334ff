"""A client of the control plane, for Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import httpx

from promdrill_fakes.answers import Durations, Entry, Ledger, Refusal
from promdrill_fakes.config import Config, parse
from promdrill_fakes.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping


class RefusedError(Exception):
    """What the control plane refused; `problems` holds all that was wrong, as `path` and `message`."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        self.status = status
        self.problems = refusal.errors
        super().__init__("\n".join(f"{problem.path or '(all)'}: {problem.message}" for problem in self.problems))


class Client:
    """The control plane at a URL. Each method raises `RefusedError`, or `httpx.HTTPError` where nothing answers."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self._http = httpx.Client(base_url=url, timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def config(self) -> Config:
        """Return the whole configuration."""
        return parse(self._ask("GET", "/config").json())

    def patch(self, **change: object) -> Config:
        """Change what is given of the configuration (None takes away), and return the whole."""
        return parse(self._ask("PATCH", "/config", json=change).json())

    def replace(self, config: Config | Mapping[str, Any]) -> Config:
        """Replace the whole configuration, and return it."""
        whole = config.as_json() if isinstance(config, Config) else config
        return parse(self._ask("PUT", "/config", json=whole).json())

    def faults(self) -> dict[str, Fault]:
        """Return all faults by name."""
        return self.config().faults

    def put_fault(self, name: str, fault: Fault | Mapping[str, Any]) -> None:
        """Set or replace a fault."""
        rule = fault.model_dump(mode="json", exclude_none=True) if isinstance(fault, Fault) else fault
        self._ask("PUT", f"/faults/{name}", json=rule)

    def delete_fault(self, name: str) -> None:
        """Take a fault away."""
        self._ask("DELETE", f"/faults/{name}")

    def reset(self, seed: int | None = None) -> int:
        """Begin again, nothing seen and nothing stored; return the seed, which stays where none is given."""
        return int(self._ask("POST", "/reset", params={"seed": seed} if seed is not None else {}).json()["seed"])

    def journal(self, since: int = 0, test: str | None = None) -> list[Entry]:
        """Return the attempts after `since`, of one test if it is named, in order of finishing."""
        lines = self._ask("GET", "/journal", params={"since": since, **_of(test)}).text.splitlines()
        return [Entry.model_validate_json(line) for line in lines]

    def ledger(self, test: str | None = None) -> Ledger:
        """Return the exact counts, of one test if it is named."""
        return Ledger.model_validate_json(self._ask("GET", "/ledger", params=_of(test)).content)

    def durations(self, test: str | None = None) -> Durations:
        """Return the seconds of each attempt, of one test if it is named."""
        return Durations.model_validate_json(self._ask("GET", "/ledger/durations", params=_of(test)).content)

    def metrics(self) -> str:
        """Return the fakes' own metrics in Prometheus' text format."""
        return self._ask("GET", "/metrics").text

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401 - what httpx takes
        answer = self._http.request(method, path, **request)
        if answer.is_client_error:
            raise RefusedError(answer.status_code, Refusal.model_validate_json(answer.content))
        return answer.raise_for_status()


def _of(test: str | None) -> dict[str, str]:
    return {} if test is None else {"test": test}
