"""A scenario folder read into a contract and a drill, or refused with everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from promdrill import conventions
from promdrill.contract.dashboard_checks import read_dashboards, verify_dashboards
from promdrill.contract.drill import Drill
from promdrill.contract.drill_checks import verify_suppressions
from promdrill.contract.names import path_of
from promdrill.contract.records import Contract
from promdrill.contract.reference_checks import verify_receivers
from promdrill.contract.routing import Routing, bundled_routing, read_routing
from promdrill.contract.source_checks import verify_sources
from promdrill.contract.verify import verify, verify_users
from promdrill.errors import ContractError, UsageError, did_you_mean
from promdrill.model import Source
from promdrill.rules.rulefile import Rule, read_rules
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from promdrill.contract.dashboards import Dashboard
    from promdrill.yamlfile import YamlFile

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Scenario:
    """One system ready to be drilled: its folder, its contract, its drill and its rule files."""

    folder: Path
    contract: Contract
    drill: Drill
    rule_files: tuple[Path, ...]
    rules: tuple[Rule, ...]
    drill_file: YamlFile = field(repr=False, compare=False)
    dashboards: tuple[Dashboard, ...] = ()
    routing: Routing = field(default_factory=bundled_routing)

    @property
    def users(self) -> Path:
        """The file of the Locust user classes."""
        return self.folder / conventions.USERS_FILE

    @property
    def scrape_seconds(self) -> float:
        """The scrape interval of the drill, in real seconds."""
        return self.drill.prometheus.scrape_interval

    @property
    def job(self) -> str:
        """The name of the job under which Prometheus scrapes the app."""
        return self.contract.scrape[0].job if self.contract.scrape else conventions.APP_JOB

    @property
    def metrics_path(self) -> str:
        """The documented path of the endpoint that Prometheus scrapes."""
        return path_of(self.contract.scrape[0].address) if self.contract.scrape else "/metrics"

    @property
    def prometheus_config(self) -> Path | None:
        """The documented configuration of Prometheus, which lies beside the rules; None where there is none."""
        name = next((scrape.config for scrape in self.contract.scrape if scrape.config), None)
        return _rules_folder(self.folder) / name if name else None

    def alerting_rule(self, alert: str) -> Rule:
        """Return the rule of an alert of the contract."""
        return next(rule for rule in self.rules if rule.alert == alert)

    def source(self, reference: str) -> Source:
        """Return the document and line that a claim's `source` means."""
        document, line = reference.split(":")
        return Source(self.contract.documents[document], int(line))


def find_folder(system: str, cwd: Path) -> Path:
    """Return the folder of a bundled system by its name, or of a user's own by its path.

    Raises:
        UsageError: there is no such system and no such folder.
    """
    path = cwd / system
    if path.is_dir() and ("/" in system or (path / conventions.CONTRACT_FILE).exists()):
        return path.resolve()
    if system in bundled_systems():
        return conventions.SCENARIOS / system
    known = bundled_systems()
    raise UsageError(
        f"there is no system {system!r}{did_you_mean(system, known)}: name a bundled one ({', '.join(known) or 'none'})"
        " or a folder that holds contract.yml"
    )


def bundled_systems() -> tuple[str, ...]:
    """Return the names of the systems that come with promdrill."""
    return tuple(sorted(path.parent.name for path in conventions.SCENARIOS.glob(f"*/{conventions.CONTRACT_FILE}")))


def load_scenario(folder: Path, *, rules_folder: Path | None = None) -> Scenario:
    """Read a scenario folder; its rules lie in it, or under `prometheus/` for a bundled system.

    Raises:
        ContractError: something is wrong with it; holds every problem, each with file and line.
    """
    contract_file = read_yaml(folder / conventions.CONTRACT_FILE, _display_path(folder / conventions.CONTRACT_FILE))
    drill_file = read_yaml(folder / conventions.DRILL_FILE, _display_path(folder / conventions.DRILL_FILE))
    contract = _validate(Contract, contract_file)
    drill = _validate(Drill, drill_file)
    rules_folder = rules_folder or _rules_folder(folder)
    paths = tuple(
        path
        for name in (conventions.RECORDING_RULES, conventions.ALERT_RULES)
        if (path := rules_folder / name).is_file()
    )
    rule_files = [read_yaml(path, _display_path(path)) for path in paths]
    rules = tuple(
        placed.rule for path, file in zip(paths, rule_files, strict=True) for placed in read_rules(path.name, file)
    )
    routing, routing_file = read_routing(rules_folder, _display_path)
    board_paths = sorted((rules_folder / conventions.DASHBOARDS).glob("*.json"))
    dashboards, board_files = read_dashboards({path: _display_path(path) for path in board_paths})
    verify_sources(contract_file, folder)
    verify_users(drill_file, folder)
    if contract and drill:
        verify(contract, contract_file, drill, drill_file, rules)
        verify_suppressions(drill, drill_file, rules)
        if routing:
            verify_receivers(contract, contract_file, routing.receivers, routing_file.name)
        verify_dashboards(contract, contract_file, [path.stem for path in board_paths])
    files = (contract_file, drill_file, routing_file, *rule_files, *board_files)
    problems = [problem for file in files for problem in file.problems]
    if problems or contract is None or drill is None or routing is None:
        raise ContractError(tuple(sorted(problems, key=lambda problem: (problem.file, problem.line))))
    return Scenario(folder, contract, drill, paths, rules, drill_file, dashboards, routing)


def _validate(record: type[M], file: YamlFile) -> M | None:
    if file.data is None:
        return None
    data: Any = file.data
    try:
        return record.model_validate(data)
    except ValidationError as error:
        file.refuse(error)
        return None


def _rules_folder(folder: Path) -> Path:
    own = any((folder / name).exists() for name in (conventions.ALERT_RULES, conventions.RECORDING_RULES))
    return folder if own or folder.parent != conventions.SCENARIOS else conventions.PROMETHEUS / folder.name


def _display_path(path: Path) -> str:
    """Return a path as a user would write it: from the project's root or as it is."""
    return str(path.relative_to(conventions.ROOT)) if path.is_relative_to(conventions.ROOT) else str(path)


__all__ = ["Scenario", "bundled_systems", "find_folder", "load_scenario"]
