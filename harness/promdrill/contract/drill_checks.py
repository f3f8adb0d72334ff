"""A drill that can be played: its phases in an order that proves the alerts, its faults and placeholders known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.contract.drill import Freeze, LockedDatabase
from promdrill.contract.errata import Alerting, Data, Delay, Empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promdrill.contract.drill import Drill, Phase
    from promdrill.contract.records import Contract
    from promdrill.rules.rulefile import Rule
    from promdrill.yamlfile import Key, YamlFile


def verify_drill(contract: Contract, contract_file: YamlFile, drill: Drill, drill_file: YamlFile) -> None:
    """Note in the files' problems what would end a drill, or let it prove nothing."""
    _phases(contract, drill, drill_file)
    _baseline(drill, drill_file)
    _load(drill, drill_file)
    _alerts(contract, drill, contract_file)
    _proofs(contract, drill, contract_file)
    _fakes(drill, drill_file)
    _app(contract, drill, drill_file)


def verify_suppressions(drill: Drill, file: YamlFile, rules: Sequence[Rule]) -> None:
    """Note in the drill's problems alerts that are to be suppressed and never would fire, or never be told of."""
    known = sorted({rule.alert for rule in rules if rule.alert})
    alerts = ", ".join(known) or "none"
    for index, phase in enumerate(drill.phases):
        path = ("phases", index)
        awaited = phase.alerts if phase.until == "firing" else ()
        for number, silence in enumerate(phase.silences):
            if silence.alert not in awaited:
                file.problem(
                    (*path, "silences", number),
                    f"phase {phase.name} silences {silence.alert}, which it does not make fire",
                    f"it needs `until: firing` and `alert: {silence.alert}`:"
                    " a receiver is notified when the silence ends",
                )
        for target, source in phase.inhibited.items():
            place = (*path, "inhibited", target)
            if target not in known:
                file.problem(place, f"no rule file of this system holds the alert {target}", f"alerts: {alerts}")
            elif target in phase.alerts:
                file.problem(place, f"phase {phase.name} cannot wait for {target}: `inhibited` lists {target}")
            if source not in awaited:
                file.problem(
                    place,
                    f"phase {phase.name} does not make {source} fire, which must inhibit {target}",
                    f"it needs `until: firing` and `alert: {source}`",
                )


def _phases(contract: Contract, drill: Drill, file: YamlFile) -> None:
    _unique((phase.name for phase in drill.phases), ("phases",), "phase", file)
    for index, phase in enumerate(drill.phases):
        path = ("phases", index)
        if phase.name == conventions.DRAIN:
            file.problem(path, f"no phase can be named {phase.name}", "the run itself adds it after the last one")
        if (phase.for_ is None) == (phase.until is None):
            file.problem(path, f"phase {phase.name} needs either `for` or `until`, and not both")
        if bool(phase.until) != bool(phase.alerts):
            file.problem(path, f"phase {phase.name} needs both `until` and `alert` (or `alerts`), or neither")
        for alert in phase.alerts if phase.until else ():
            if alert not in contract.alerts:
                file.problem(path, f"phase {phase.name} waits for {alert}, which is not an alert of the contract")
        _unique(phase.faults, (*path, "faults"), "fault", file)
        for fault in phase.faults:
            if fault not in drill.faults:
                known = ", ".join(drill.faults) or "none"
                file.problem(path, f"phase {phase.name} uses the fault {fault!r}", f"faults of this drill: {known}")


def _load(drill: Drill, file: YamlFile) -> None:
    """Note users that a drill would never see, and phases that are not there."""
    names = [phase.name for phase in drill.phases]
    for users, load in drill.load.items():
        for key in ("during", "pauses_in"):
            _check_known(getattr(load, key), names, "phase", ("load", users, key), file)
        if load.during and load.pauses_in:
            file.problem(("load", users), f"{users} has both during and pauses_in", "keep one of them")


def _alerts(contract: Contract, drill: Drill, file: YamlFile) -> None:
    claimed = {claim.subject for erratum in contract.errata for claim in erratum.claims if claim.kind == "alert"}
    for name, alert in contract.alerts.items():
        if alert.phase:
            _alert_phases(name, alert.phase, drill, file)
        elif name not in claimed:
            file.problem(
                ("alerts", name),
                f"{name} has no phase and no erratum",
                "name the phase of the drill that makes it fire, or say in an erratum what is wrong with it",
            )


def _proofs(contract: Contract, drill: Drill, file: YamlFile) -> None:
    names = [phase.name for phase in drill.phases]
    for index, erratum in enumerate(contract.errata):
        for key, proof in (("shown_by", erratum.shown_by), ("corrected_by", erratum.corrected_by)):
            match proof:
                case Empty(at=phase) | Data(at=phase) | Alerting(at=phase) | Delay(since=phase):
                    _check_known((phase,), names, "phase", ("errata", index, key), file)


def _check_known(given: Iterable[str], known: list[str], what: str, path: Key, file: YamlFile) -> None:
    for name in given:
        if name not in known:
            file.problem(path, f"the drill has no {what} {name!r}", f"there is {', '.join(known)}")


def _baseline(drill: Drill, file: YamlFile) -> None:
    purpose = "it is the healthy phase; queries are evaluated at its end"
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
            file.problem(("phases", before), f"phase {phase.name} has faults, but comes before the baseline", purpose)


def _alert_phases(alert: str, name: str, drill: Drill, file: YamlFile) -> None:
    """Note an alert whose phase does not make it fire, or that no later phase sees resolved."""
    path = ("alerts", alert, "phase")
    index = next((index for index, phase in enumerate(drill.phases) if phase.name == name), None)
    if index is None:
        file.problem(path, f"{alert}: the drill has no phase {name!r}")
    elif not (_awaits(drill.phases[index], alert, "firing") and _causes(drill, drill.phases[index])):
        file.problem(
            path,
            f"{alert}: phase {name} does not make it fire",
            f"the phase needs faults, or users of its own or that pause, `until: firing` and `alert: {alert}`",
        )
    elif not any(_awaits(phase, alert, "resolved") for phase in drill.phases[index + 1 :]):
        file.problem(
            path,
            f"{alert}: no phase after {name} sees it resolved",
            f"add a phase with `until: resolved` and `alert: {alert}`",
        )


def _awaits(phase: Phase, alert: str, state: str) -> bool:
    return alert in phase.alerts and phase.until == state


def _causes(drill: Drill, phase: Phase) -> bool:
    """Tell whether a phase differs from the baseline: in faults, or in who is at work."""
    return bool(phase.faults) or any(
        load.rest_in(phase.name) != load.rest_in(conventions.BASELINE) for load in drill.load.values()
    )


def _fakes(drill: Drill, file: YamlFile) -> None:
    _unique(drill.fakes.serve, ("fakes", "serve"), "fake", file)
    _check_known(drill.fakes.ports, list(drill.fakes.serve), "fake", ("fakes", "ports"), file)
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


class _Placeholders(dict[str, str]):
    """Stands for the values that a run gives, and remembers the names that it does not."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(names, "1"))
        self.unknown: set[str] = set()

    def __missing__(self, name: str) -> str:
        self.unknown.add(name)
        return ""


def _app(contract: Contract, drill: Drill, file: YamlFile) -> None:
    app = drill.app
    texts: list[tuple[Key, str]] = [(("app", "command", index), word) for index, word in enumerate(app.command)]
    texts += [(("app", "environment", name), text) for name, text in app.environment.items()]
    texts += [(("app", "directory"), app.directory)] if app.directory else []
    databases = {name: fault for name, fault in drill.faults.items() if isinstance(fault, LockedDatabase)}
    texts += [(("faults", name, "file"), fault.file) for name, fault in databases.items()]
    known = sorted({"port", "python", "work", "clock_rate", "calendar_rate", "token", "host", *drill.fakes.serve})
    for path, text in texts:
        placeholders = _Placeholders(known)
        try:
            text.format_map(placeholders)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            file.problem(
                path, f"{text}: {error}", "a placeholder is {NAME}; a literal brace is written twice: {{ or }}"
            )
        for name in sorted(placeholders.unknown):
            file.problem(path, f"unknown placeholder {{{name}}}", f"known: {', '.join(known)}")
    if contract.security and not app.token:
        file.problem(("app",), "the contract promises a bearer token, but the drill gives none", "set app.token")
    if app.address and (app.environment or app.directory):
        file.problem(
            ("app", "address"),
            "an app that runs already takes no environment and no directory",
            "remove them, or give its command in place of its address",
        )
    for name in drill.fakes.serve if app.address else ():
        if name not in drill.fakes.ports:
            remedy = f"give the port that it calls: fakes.ports: {{{name}: PORT}}"
            file.problem(("fakes", "serve"), f"an app that runs already finds no fake {name} on just any port", remedy)
    foreign = "address" if app.address else "image" if app.image else None
    frozen = [("faults", name) for name, fault in drill.faults.items() if isinstance(fault, Freeze)]
    for path in (*frozen, *([("app", "mutants")] if app.mutants else [])) if foreign else ():
        file.problem(path, f"an app by its {foreign} cannot be frozen or mutated", "start it by a command")
