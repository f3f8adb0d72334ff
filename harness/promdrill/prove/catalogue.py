"""What a contract says of the series that an app exposes: names, labels, values, buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from promdrill.contract.records import Contract, Gauge
from promdrill.errors import ContractError, did_you_mean
from promdrill.prove.errors import NotPromisedError
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Series that Prometheus and the client libraries add; no document promises them.
UNPROMISED = ("up", "scrape_", "ALERTS", "python_", "process_", "go_", "promhttp_")
TARGET = ("job", "instance")


@dataclass(frozen=True)
class Exposed:
    """One series name: each label's values, and the bounds of its buckets where they are known."""

    labels: Mapping[str, tuple[str, ...]]
    buckets: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Catalogue:
    """The series of a contract by name, and the target that they are scraped from."""

    exposed: Mapping[str, Exposed]
    target: Mapping[str, str]

    def find(self, name: str) -> Exposed:
        """Return what is exposed under a name.

        Raises:
            NotPromisedError: the contract has no such metric.
        """
        if name.startswith(UNPROMISED):
            return Exposed({})
        if name not in self.exposed:
            if histogram := self.exposed.get(f"{name}_bucket"):
                labels = ", ".join(sorted({"le", *histogram.labels}))
                raise NotPromisedError(
                    f"{name} is a histogram: it exposes {name}_bucket, {name}_sum and {name}_count (labels {labels}),"
                    f" and no series {name}"
                )
            raise NotPromisedError(f"the contract has no metric {name}{did_you_mean(name, self.exposed)}")
        return self.exposed[name]


def read_catalogue(path: Path) -> Catalogue:
    """Return the series that a contract promises.

    Raises:
        ContractError: the file is no contract; holds every problem, each with its line.
    """
    file = read_yaml(path, str(path))
    contract = None
    if file.data is not None:
        try:
            contract = Contract.model_validate(file.data)
        except ValidationError as error:
            file.refuse(error)
    if contract is None or file.problems:
        raise ContractError(tuple(sorted(file.problems, key=lambda problem: problem.line)))
    return catalogue_of(contract)


def catalogue_of(contract: Contract) -> Catalogue:
    """Return the series that a contract promises."""
    exposed: dict[str, Exposed] = {}
    for name, metric in contract.metrics.items():
        if isinstance(metric, Gauge) or metric.type == "counter":
            exposed[name] = Exposed(metric.labels)
        else:
            exposed |= _histogram(name, metric.labels, metric.buckets)
    for auto in contract.otel:
        by, fixed = auto.witness.by, auto.witness.fixed
        exposed |= _histogram(auto.metric, {**dict.fromkeys(by, ("any",)), **{k: (v,) for k, v in fixed.items()}}, None)
    scrape = contract.scrape[0] if contract.scrape else None
    target = {"job": scrape.job if scrape else "app", "instance": scrape.address.split("/")[0] if scrape else "app:1"}
    return Catalogue(exposed, target)


def _histogram(
    name: str, labels: Mapping[str, tuple[str, ...]], buckets: tuple[float, ...] | None
) -> dict[str, Exposed]:
    plain = Exposed(labels)
    return {f"{name}_bucket": Exposed(labels, buckets), f"{name}_sum": plain, f"{name}_count": plain}
