"""A client of the control plane, for Python: of all fakes of a process, and of one of them."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING, Any, Self

import httpx
from pydantic import ValidationError

from promdrill_fakes.answers import Durations, Entry, Ledger, Refusal
from promdrill_fakes.catalogue import fakes, services
from promdrill_fakes.config import Config, parse
from promdrill_fakes.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

# The control plane speaks no TLS. A client that is given no certificates reads all of the machine's, which takes longer
# than what is asked of it.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class ControlError(Exception):
    """The control plane does not answer, or refused a request."""


class RefusedError(ControlError):
    """What the control plane refused; `problems` holds all that was wrong, as `path` and `message`."""

    def __init__(self, request: str, status: int, refusal: Refusal) -> None:
        self.status = status
        self.problems = refusal.errors
        problems = "\n".join(f"{problem.path or '(all)'}: {problem.message}" for problem in self.problems)
        super().__init__(f"the fakes' control plane refused {request}: {problems}")


class Client:
    """The control plane at a URL. Each method raises `RefusedError`, or `ControlError` where nothing answers."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=timeout, trust_env=False, verify=_NO_CERTIFICATES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def config(self) -> Config:
        """Return the whole configuration."""
        return parse(self.request("GET", "/config").json())

    def patch(self, **change: object) -> Config:
        """Change what is given of the configuration (None takes away), and return the whole."""
        return parse(self.request("PATCH", "/config", json=change).json())

    def replace(self, config: Config | Mapping[str, Any]) -> Config:
        """Replace the whole configuration, and return it."""
        whole = config.as_json() if isinstance(config, Config) else config
        return parse(self.request("PUT", "/config", json=whole).json())

    def faults(self) -> dict[str, Fault]:
        """Return all faults by name."""
        return self.config().faults

    def put_fault(self, name: str, fault: Fault | Mapping[str, Any]) -> None:
        """Set or replace a fault."""
        rule = fault.model_dump(mode="json", exclude_none=True) if isinstance(fault, Fault) else fault
        self.request("PUT", f"/faults/{name}", json=rule)

    def delete_fault(self, name: str) -> None:
        """Take a fault away."""
        self.request("DELETE", f"/faults/{name}")

    def reset(self, seed: int | None = None) -> int:
        """Begin again, nothing seen and nothing stored; return the seed, which stays where none is given."""
        return int(self.request("POST", "/reset", params={"seed": seed} if seed is not None else {}).json()["seed"])

    def restart(self, config: Config | Mapping[str, Any]) -> None:
        """Have the fakes be as if they had just started with this configuration."""
        self.replace(config)
        self.reset()

    def rows(self, since: int = 0, test: str | None = None) -> list[dict[str, Any]]:
        """Return the attempts after `since`, of one test if it is named, in order of finishing: as plain data."""
        lines = self.request("GET", "/journal", params={"since": since, **_of(test)}).text.splitlines()
        return [json.loads(line) for line in lines]

    def rows_by_service(self) -> dict[str, list[dict[str, Any]]]:
        """Return every attempt of each service, in order of finishing: as plain data."""
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in services()}
        for row in self.rows():
            found[row["service"]].append(row)
        return found

    def journal(self, since: int = 0, test: str | None = None) -> list[Entry]:
        """Return what `rows` does, as records."""
        return [Entry.model_validate(row) for row in self.rows(since, test)]

    def ledger(self, test: str | None = None) -> Ledger:
        """Return the exact counts, of one test if it is named."""
        return Ledger.model_validate_json(self.request("GET", "/ledger", params=_of(test)).content)

    def durations(self, test: str | None = None) -> Durations:
        """Return the seconds of each attempt, of one test if it is named."""
        return Durations.model_validate_json(self.request("GET", "/ledger/durations", params=_of(test)).content)

    def metrics(self) -> str:
        """Return the fakes' own metrics in Prometheus' text format."""
        return self.request("GET", "/metrics").text

    def request(self, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401 - what httpx takes
        """Return the answer to a request: what all other methods ask by."""
        asked = f"{method} {path}"
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise ControlError(f"the fakes' control plane does not answer {asked}: {error!r}") from error
        if answer.is_success:
            return answer
        try:
            refusal = Refusal.model_validate_json(answer.content)
        except ValidationError:
            message = f"the fakes' control plane answered {asked} with status {answer.status_code}: {answer.text}"
            raise ControlError(message) from None
        raise RefusedError(asked, answer.status_code, refusal)


class Fake:
    """One fake, for a test: where it is, how it misbehaves, and what it saw. It raises what its `control` does."""

    def __init__(self, name: str, url: str, control: Client) -> None:
        definition = fakes()[name]
        self.name = name
        self.url = url
        self.environment = definition.variables(url)
        self._control = control
        self._service = definition.service.name
        self._selector = definition.selector

    def configure(self, **settings: object) -> None:
        """Set fields of its configuration, such as `models=["mistral:7b"]`; the others stay."""
        self._control.patch(**{self._service: settings})

    def set_latency(self, route: str, **distribution: object) -> None:
        """Set the latency of a route (`"*"`: of all others), such as `constant={"seconds": 0.2}`."""
        self._control.patch(latency={self._service: {route: distribution}})

    def put_fault(
        self,
        name: str,
        effect: Mapping[str, Any],
        *,
        match: Mapping[str, Any] | None = None,
        trigger: Mapping[str, Any] | None = None,
    ) -> None:
        """Set or replace a fault of this fake by its name; an error says what is wrong with it."""
        rule = {"match": {**self._selector, **(match or {})}, "trigger": trigger or {}, "effect": effect}
        self._control.put_fault(name, {"service": self._service, **rule})

    def delete_fault(self, name: str) -> None:
        """Take a fault away."""
        self._control.delete_fault(name)

    def journal(self, **columns: object) -> list[dict[str, Any]]:
        """Return what it saw, attempt by attempt, in order of finishing: the entries with these values."""
        return self._select(self._control.rows(), columns)

    def ledger(self, **columns: object) -> list[dict[str, Any]]:
        """Return its exact counts by route, key, outcome and fault: the counts with these values."""
        return self._select([count.model_dump() for count in self._control.ledger().counts], columns)

    def _select(self, rows: list[dict[str, Any]], columns: Mapping[str, object]) -> list[dict[str, Any]]:
        expected = {"service": self._service, **self._selector, **columns}
        return [row for row in rows if all(row.get(column) == value for column, value in expected.items())]


def _of(test: str | None) -> dict[str, str]:
    return {} if test is None else {"test": test}
