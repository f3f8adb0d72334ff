"""A drill that can be played: its phases in an order that proves the alerts, its faults and placeholders known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import conventions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.contract.drill import Drill, Phase
    from harness.contract.records import Contract
    from harness.contract.yamlfile import Key, YamlFile


def verify_staging(contract: Contract, contract_file: YamlFile, drill: Drill, drill_file: YamlFile) -> None:
    """Note in the files' problems what would end a drill, or let it prove nothing."""
    _phases(contract, drill, drill_file)
    _baseline(drill, drill_file)
    for name, alert in contract.alerts.items():
        _rehearsal(name, alert.phase, drill, contract_file)
    _fakes(drill, drill_file)
    _app(drill, drill_file)


def _phases(contract: Contract, drill: Drill, file: YamlFile) -> None:
    _unique((phase.name for phase in drill.phases), ("phases",), "phase", file)
    for index, phase in enumerate(drill.phases):
        path = ("phases", index)
        if phase.name == conventions.DRAIN:
            file.problem(path, f"no phase can be named {phase.name}", "the run itself adds it after the last one")
        if (phase.for_ is None) == (phase.until is None):
            file.problem(path, f"phase {phase.name} needs either `for` or `until`, and not both")
        if (phase.until is None) != (phase.alert is None):
            file.problem(path, f"phase {phase.name} needs both `until` and `alert`, or neither")
        elif phase.until and phase.alert not in contract.alerts:
            file.problem(path, f"phase {phase.name} waits for {phase.alert}, which is no alert of the contract")
        _unique(phase.faults, (*path, "faults"), "fault", file)
        for fault in phase.faults:
            if fault not in drill.faults:
                known = ", ".join(drill.faults) or "none"
                file.problem(path, f"phase {phase.name} uses the fault {fault!r}", f"faults of this drill: {known}")


def _baseline(drill: Drill, file: YamlFile) -> None:
    purpose = "it is the healthy one, and queries are asked at its end"
    names = [phase.name for phase in drill.phases]
    if conventions.BASELINE not in names:
        file.problem(("phases",), f"no phase is named {conventions.BASELINE}", purpose)
        return
    index = names.index(conventions.BASELINE)
    baseline = drill.phases[index]
    if baseline.until or baseline.faults:
        file.problem(("phases", index), f"phase {baseline.name} lasts `for` a time and has no faults", purpose)
    for before, phase in enumerate(drill.phases[:index]):
        if phase.faults:
            file.problem(("phases", before), f"phase {phase.name} has faults and stands before the baseline", purpose)


def _rehearsal(alert: str, name: str, drill: Drill, file: YamlFile) -> None:
    """Note an alert whose phase does not make it fire, or that no later phase sees resolved."""
    path = ("alerts", alert, "phase")
    index = next((index for index, phase in enumerate(drill.phases) if phase.name == name), None)
    if index is None:
        file.problem(path, f"{alert}: the drill has no phase {name!r}")
    elif not (_awaits(drill.phases[index], alert, "firing") and drill.phases[index].faults):
        file.problem(
            path,
            f"{alert}: phase {name} does not make it fire",
            f"the phase needs faults, `until: firing` and `alert: {alert}`",
        )
    elif not any(_awaits(phase, alert, "resolved") for phase in drill.phases[index + 1 :]):
        file.problem(
            path,
            f"{alert}: no phase after {name} sees it resolved",
            f"add a phase with `until: resolved` and `alert: {alert}`",
        )


def _awaits(phase: Phase, alert: str, state: str) -> bool:
    return (phase.alert, phase.until) == (alert, state)


def _fakes(drill: Drill, file: YamlFile) -> None:
    _unique(drill.fakes.serve, ("fakes", "serve"), "fake", file)
    healthy = drill.fakes.config.get("faults")
    for name in drill.faults:
        if isinstance(healthy, dict) and name in healthy:
            line = file.line(("fakes", "config", "faults", name))
            file.problem(
                ("faults", name),
                f"fault {name} has the name of one of the healthy run, on line {line}",
                "a phase would switch that one off; give it another name",
            )


def _unique(names: Iterable[str], path: Key, what: str, file: YamlFile) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            file.problem((*path, index), f"duplicate {what} {name}")
        seen.add(name)


class _Stand(dict[str, str]):
    """Stands for the values that a run gives, and remembers the names that it does not."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(names, "1"))
        self.unknown: set[str] = set()

    def __missing__(self, name: str) -> str:
        self.unknown.add(name)
        return ""


def _app(drill: Drill, file: YamlFile) -> None:
    texts: list[tuple[Key, str]] = [(("app", "command", index), word) for index, word in enumerate(drill.app.command)]
    texts += [(("app", "environment", name), text) for name, text in drill.app.environment.items()]
    known = sorted({"port", "clock_rate", "host", *drill.fakes.serve})
    for path, text in texts:
        stand = _Stand(known)
        try:
            text.format_map(stand)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            file.problem(
                path, f"{text}: {error}", "a placeholder is {NAME}; a brace that is meant is written twice: {{ or }}"
            )
        for name in sorted(stand.unknown):
            file.problem(path, f"{{{name}}} stands for nothing here", f"known: {', '.join(known)}")
