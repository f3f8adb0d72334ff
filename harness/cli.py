"""The commands: parse, call, print, exit code."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness import __version__, conventions
from harness.commandline import Commands, ReportPath
from harness.errors import Exit, UsageError, did_you_mean
from harness.model import Status, Verdict
from harness.report.publish import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from harness.run import Options

EXITS = {Status.PASSED: Exit.PASSED, Status.FAILED: Exit.FAILED, Status.INCONCLUSIVE: Exit.INCONCLUSIVE}
REPORT = ReportPath(dir_okay=False, writable=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="promdrill")
def main() -> None:
    """Fire drills for Prometheus metrics and alerts.

    Exit codes: 0 passed; 1 a promise is broken; 2 wrong use, or nothing to check; 3 inconclusive: could not look.
    """
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _report_options(command: Any) -> Any:  # noqa: ANN401 - a decorator of whatever click makes
    for option in (
        click.option("--json", "json_file", type=REPORT, help="Write the verdict as JSON."),
        click.option("--junit", type=REPORT, help="Write the verdict as JUnit XML."),
        click.option("--markdown", type=REPORT, help="Write the verdict as a Markdown summary."),
        click.option("--verbose", "-v", is_flag=True, help="List every result, not only what is wrong."),
    ):
        command = option(command)
    return command


@main.command()
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option("--all", "everything", is_flag=True, help="Drill every bundled system.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Drills at a time, of several.")
@click.option("--seed", type=int, default=1, show_default=True, help="Order of the load, latencies and faults.")
@click.option("--mutant", help="Break the app's instrumentation in a named way (`promdrill mutants`); implies --short.")
@click.option(
    "--rule-mutant",
    "rule_mutants",
    multiple=True,
    help="Break the rules in a named way (`promdrill mutants --rules`); can be repeated, once for each alert.",
)
@click.option("--short", is_flag=True, help="A load bounded by count, and no alert phases.")
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence goes; a new folder by default.")
@_report_options
def run(
    systems: tuple[str, ...],
    *,
    everything: bool,
    jobs: int,
    evidence: Path | None,
    **given: Any,  # noqa: ANN401 - the other options
) -> None:
    """Drill each SYSTEM: the name of a bundled one, or a folder that holds one. The worst exit code is that of all."""
    from harness.contract import bundled_systems
    from harness.run import Options

    if everything and systems:
        raise UsageError("--all means every bundled system: name none beside it")
    wanted = bundled_systems() if everything else tuple(dict.fromkeys(systems))
    if not wanted:
        raise UsageError("nothing to drill: name a system, or say --all")
    seed, mutant, short, rules = (given.pop(name) for name in ("seed", "mutant", "short", "rule_mutants"))
    options = Options(seed=seed, mutant=mutant, short=short or bool(mutant), rule_mutants=rules)
    if options.short and rules:
        raise UsageError("a rule mutant shows in the phases of alerts, which a short run leaves out")
    if len(wanted) == 1:
        _run_one(wanted[0], options, evidence, given)
    _run_several(wanted, options, evidence, jobs, given)


def _run_one(system: str, options: Options, evidence: Path | None, output: Mapping[str, Any]) -> NoReturn:
    from harness.contract import find_folder, load_scenario
    from harness.mutants import find_mutant
    from harness.report.progress import Progress
    from harness.run import run as run_drill

    scenario = load_scenario(find_folder(system, Path.cwd()))
    if options.mutant:
        find_mutant(scenario.drill, options.mutant)
    folder = evidence or _new_folder(scenario.contract.system)
    with Progress(Terminal(stderr=True)) as progress:
        verdict = run_drill(scenario, options, folder, progress)
    _report(verdict, **output)


def _run_several(
    systems: tuple[str, ...], options: Options, evidence: Path | None, jobs: int, output: Mapping[str, Any]
) -> NoReturn:
    from harness.report import several
    from harness.report.board import Board
    from harness.runs import exit_code, run_several

    if options.mutant or options.rule_mutants:
        raise UsageError("a mutant breaks one app: name one system")
    started = time.monotonic()
    arguments = [f"--seed={options.seed}", *(["--short"] if options.short else [])]
    drills = {name: [system, *arguments] for name, system in _named(systems).items()}
    with Board(tuple(drills), Terminal(stderr=True)) as board:
        outcomes = run_several(drills, evidence or _new_folder("several"), jobs, board)
    verdicts = [outcome.verdict for outcome in outcomes]

    def print_them(console: Console) -> None:
        several.render(verdicts, console, time.monotonic() - started, verbose=output["verbose"])

    _publish(verdicts, exit_code(outcomes), print_them, output)


def _named(systems: tuple[str, ...]) -> dict[str, str]:
    """Return the systems by a name for each, that no other has and that a file can have."""
    from harness.contract import find_folder

    named: dict[str, str] = {}
    for system in systems:
        name = find_folder(system, Path.cwd()).name
        named[name if name not in named else f"{name}-{len(named) + 1}"] = system
    return named


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_report_options
def replay(folder: Path, **output: Any) -> None:  # noqa: ANN401 - the report options
    """Run the checks again on the evidence in FOLDER, with no stack."""
    from harness.report.progress import Progress
    from harness.run import replay as replay_evidence

    with Progress(Terminal(stderr=True)) as progress:
        verdict = replay_evidence(folder, progress)
    _report(verdict, **output)


def _report(verdict: Verdict, **output: Any) -> NoReturn:  # noqa: ANN401 - the report options
    from harness.report import text

    def print_it(console: Console) -> None:
        text.render(verdict, console, verbose=output["verbose"])

    _publish([verdict], EXITS[verdict.status], print_it, output)


def _publish(
    verdicts: list[Verdict], code: Exit, print_them: Callable[[Console], None], output: Mapping[str, Any]
) -> NoReturn:
    from harness.report.publish import publish

    whole = publish(verdicts, print_them, {name: path for name, path in output.items() if name != "verbose"})
    sys.exit(int(code if whole or code is not Exit.PASSED else Exit.WRONG_USE))


def _new_folder(system: str) -> Path:
    return conventions.EVIDENCE_FOLDER / f"{system}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1000:03d}"


@main.command()
@click.argument("system")
@click.option("--seed", type=int, default=1, show_default=True, help="Order of the load, latencies and faults.")
def up(system: str, seed: int) -> None:
    """Hold the stack of SYSTEM, with its load, and print the addresses of its parts. Ctrl-C ends it."""
    from harness.contract import find_folder, load_scenario
    from harness.up import hold

    scenario = load_scenario(find_folder(system, Path.cwd()))
    hold(scenario, seed, _new_folder(f"{scenario.contract.system}-up"), Terminal())


RULES = click.Path(exists=True, dir_okay=False, path_type=Path)


@main.command()
@click.argument("rules", nargs=-1, required=True, type=RULES)
@click.option("--contract", type=RULES, help="A contract.yml: its metrics, labels and buckets are all there is.")
@click.option("--against", multiple=True, type=RULES, help="An older rule file; say what changed. May be given again.")
@click.option("--emit", type=click.Path(file_okay=False, path_type=Path), help="Keep the promtool tests in a folder.")
@click.option("--json", "json_file", type=REPORT, help="Write what was shown as JSON.")
@click.option("--strict", is_flag=True, help="What is out of reach ends with 3, a change with 1.")
def alerts(  # noqa: PLR0913 - one for each option, as click passes them
    rules: tuple[Path, ...],
    contract: Path | None,
    against: tuple[Path, ...],
    emit: Path | None,
    json_file: Path | None,
    *,
    strict: bool,
) -> None:
    """Prove every alert of rule files before a release, in virtual time: no app, only promtool."""
    from harness.virtual.report import publish
    from harness.virtual.run import prove_rules

    report = prove_rules(rules, contract, against, emit, _announce)
    publish(report, json_file)
    sys.exit(int(report.exit_code(strict=strict)))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def doctor(*, as_json: bool) -> None:
    """Say what a run needs, what was found, and what is missing; fetches what a run would fetch."""
    from harness.doctor import doctor_report

    text, code = doctor_report(as_json=as_json, announce=_announce)
    click.echo(text)
    sys.exit(int(code))


def _announce(text: str) -> None:
    click.echo(text, err=True)


@main.command("list")
def list_systems() -> None:
    """List the bundled systems."""
    from harness.contract import bundled_systems, load_scenario
    from harness.report.wording import count

    for name in bundled_systems():
        contract = load_scenario(conventions.SCENARIOS / name).contract
        claims = sum(1 for _ in contract.claims())
        click.echo(
            f"{name}  {count(len(contract.metrics), 'metric')}, {count(len(contract.alerts), 'alert')}, {claims} claims"
        )


@main.command()
@click.argument("check", required=False)
def explain(check: str | None) -> None:
    """Say what CHECK promises and how to fix what it finds; without CHECK, list the checks."""
    from rich.markdown import Markdown

    from harness.checks import all_checks

    checks = all_checks()
    if check is None:
        for slug, function in checks.items():
            click.echo(f"{slug:12} {(function.__doc__ or '').splitlines()[0]}")
    elif check not in checks:
        raise UsageError(f"there is no check {check!r}{did_you_mean(check, checks)}: {', '.join(checks)}")
    else:
        page = (conventions.CHECK_PAGES / f"{check}.md").read_text(encoding="utf-8")
        Terminal().print(Markdown(page)) if sys.stdout.isatty() else click.echo(page)


@main.command()
@click.argument("system", default="content_creation_crew")
@click.option("--rules", is_flag=True, help="List those of its rules instead, and which are not offered and why.")
def mutants(system: str, *, rules: bool) -> None:
    """List the named ways to break the instrumentation of SYSTEM's app."""
    from harness.contract import find_folder, load_scenario
    from harness.drill.rule_mutants import offer
    from harness.mutants import list_mutants

    scenario = load_scenario(find_folder(system, Path.cwd()))
    if rules:
        offered = offer(scenario)
        for name, rule_mutant in offered.mutants.items():
            click.echo(f"{name:58} {rule_mutant.transformation.what}")
        for name, reason in offered.refused.items():
            click.echo(f"{name:58} not offered: {reason}")
        return
    for mutant in list_mutants(scenario.drill):
        click.echo(f"{mutant.name:38} {mutant.metric:32} {mutant.what}")


if __name__ == "__main__":
    main()
