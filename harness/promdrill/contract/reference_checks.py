"""What the parts of a contract say of each other: every metric, label, claim, helper and receiver named is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promdrill.contract.errata import Alerting, Delay, HelperCall, Missing, Value
from promdrill.rules.promql import squeeze

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from promdrill.contract.errata import Proof
    from promdrill.contract.records import Claim, Contract
    from promdrill.yamlfile import Key, YamlFile


def verify_references(contract: Contract, file: YamlFile) -> None:
    """Note in the file's problems whatever a contract names and does not hold."""
    if not any((contract.endpoints, contract.metrics, contract.queries, contract.alerts)):
        file.problem((), "the contract promises nothing: there is nothing to check")
    _endpoints(contract, file)
    for index, cost in enumerate(contract.costs):
        path = ("costs", index)
        _metrics(contract, cost.units, (*path, "units"), file)
        _where(contract, cost.units, cost.where, (*path, "where"), file)
    _errata(contract, file)
    _waivers(contract, file)


def _endpoints(contract: Contract, file: YamlFile) -> None:
    for index, scrape in enumerate(contract.scrape[1:], 1):
        file.problem(("scrape", index), f"{scrape.address}: only one scrape address is supported so far")
    for index, endpoint in enumerate(contract.endpoints):
        if not re.fullmatch(r"GET /\S*", endpoint.endpoint):
            file.problem(
                ("endpoints", index, "endpoint"),
                f"{endpoint.endpoint} is not supported",
                "write GET /path: only GET requests are sent",
            )


def _metrics(contract: Contract, names: Iterable[str], path: Key, file: YamlFile) -> None:
    for name in names:
        if name not in contract.metrics:
            file.problem(path, f"{name} is not a metric of this contract")


def _check_names(names: Iterable[str], known: Collection[str], what: str, path: Key, file: YamlFile) -> None:
    for name in names:
        if name not in known:
            file.problem(path, f"{name} is not a {what} of this contract")


def _where(contract: Contract, names: Iterable[str], where: Mapping[str, str], path: Key, file: YamlFile) -> None:
    for label, value in where.items():
        for name in names:
            if name not in contract.metrics:
                continue
            labels = contract.metrics[name].labels
            if label not in labels:
                known = ", ".join(labels) or "none"
                file.problem((*path, label), f"{name} has no label {label}", f"its labels: {known}")
            elif value not in labels[label]:
                known = ", ".join(labels[label])
                file.problem((*path, label), f"{name} has no {label} {value!r}", f"its values: {known}")


def verify_receivers(contract: Contract, file: YamlFile, known: Collection[str], where: str) -> None:
    """Note each receiver of an alert that Alertmanager's configuration, the file `where`, does not have."""
    for name, alert in contract.alerts.items():
        for receiver in alert.receiver:
            if receiver not in known:
                file.problem(
                    ("alerts", name, "receiver"),
                    f"{name}: Alertmanager has no receiver {receiver!r}",
                    f"receivers of {where}: {', '.join(known)}",
                )


def _errata(contract: Contract, file: YamlFile) -> None:
    promised = {_key(claim) for claim, _ in contract.claims()}
    first: dict[str, int] = {}
    for index, erratum in enumerate(contract.errata):
        path = ("errata", index)
        if (original := first.setdefault(erratum.id, index)) != index:
            line = file.line(("errata", original, "id"))
            file.problem((*path, "id"), f"duplicate erratum {erratum.id}, first on line {line}")
        for number, claim in enumerate(erratum.claims):
            if _key(claim) not in promised:
                _note_unpromised(erratum.id, claim, (*path, "claims", number), file)
        for key, proof in (("shown_by", erratum.shown_by), ("corrected_by", erratum.corrected_by)):
            if proof:
                _proof(contract, erratum.id, proof, (*path, key), file)


def _proof(contract: Contract, id_: str, proof: Proof, path: Key, file: YamlFile) -> None:
    match proof:
        case Value(truth=truth):
            names = (*truth.of, *truth.over)
            _metrics(contract, names, (*path, "truth"), file)
            _where(contract, names, truth.where, (*path, "truth", "where"), file)
        case Missing(missing=names):
            _check_names(names, {*contract.metrics, *contract.alerts}, "metric or alert", (*path, "missing"), file)
        case Alerting(firing=firing, silent=silent):
            _check_names((*firing, *silent), contract.alerts, "alert", path, file)
        case Delay(alert=alert):
            _check_names((alert,), contract.alerts, "alert", (*path, "alert"), file)
        case HelperCall(helper=helper):
            interface = contract.helpers.interface if contract.helpers else {}
            if helper not in interface:
                known = ", ".join(interface) or "none, there is no section helpers"
                file.problem((*path, "helper"), f"{id_}: {helper} is not a helper of this contract", f"known: {known}")


def _waivers(contract: Contract, file: YamlFile) -> None:
    claims = [claim for claim, _ in contract.claims()]
    # An exposition is judged by metric or as a whole, and no line of a document promises it.
    exposed = {("exposition", squeeze(claim.subject)) for claim in claims if claim.kind in {"metric", "endpoint"}}
    waivable = exposed | {_key(claim) for claim in claims}
    for index, waiver in enumerate(contract.waivers):
        if _key(waiver.claim) not in waivable:
            _note_unpromised("waiver", waiver.claim, ("waivers", index, "claim"), file)


def _note_unpromised(whose: str, claim: Claim, path: Key, file: YamlFile) -> None:
    file.problem(path, f"{whose}: this contract promises no {claim.kind} {claim.subject}")


def _key(claim: Claim) -> tuple[str, str]:
    return claim.kind, squeeze(claim.subject)
