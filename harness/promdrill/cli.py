"""The commands: parse, call, print, exit code."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promdrill import __version__, conventions
from promdrill.cli_load import load
from promdrill.commandline import REPORT, Commands
from promdrill.errors import UsageError, did_you_mean
from promdrill.publishing import new_folder, publish_all, report, report_options
from promdrill.report.publish import Terminal
from promdrill.stack.kind import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from promdrill.run import Options


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="promdrill")
def main() -> None:
    """Fire drills for Prometheus metrics and alerts.

    Exit codes: 0 passed; 1 a promise is broken; 2 wrong use, or nothing to check; 3 inconclusive: could not look.
    """
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


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
@click.option(
    "--stack",
    type=click.Choice(KINDS),
    default=Kind.PROCESSES.value,
    show_default=True,
    help="What the parts are; auto: containers where an engine answers.",
)
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence goes; a new folder by default.")
@report_options
def run(
    systems: tuple[str, ...],
    *,
    everything: bool,
    jobs: int,
    evidence: Path | None,
    **given: Any,  # noqa: ANN401 - the other options
) -> None:
    """Drill each SYSTEM: the name of a bundled one, or a folder that holds one. The worst exit code is that of all."""
    from promdrill.contract import bundled_systems
    from promdrill.run import Options

    if everything and systems:
        raise UsageError("--all means every bundled system: name none beside it")
    wanted = bundled_systems() if everything else tuple(dict.fromkeys(systems))
    if not wanted:
        raise UsageError("nothing to drill: name a system, or say --all")
    mutant, short = given["mutant"], given.pop("short")
    own = {name: given.pop(name) for name in ("seed", "mutant", "rule_mutants")}
    options = Options(short=short or bool(mutant), stack=Kind(given.pop("stack")), **own)
    if options.short and options.rule_mutants:
        raise UsageError("a rule mutant shows in the phases of alerts, which a short run leaves out")
    if len(wanted) == 1:
        _run_one(wanted[0], options, evidence, given)
    _run_several(wanted, options, evidence, jobs, given)


def _run_one(system: str, options: Options, evidence: Path | None, output: Mapping[str, Any]) -> NoReturn:
    from promdrill.contract import find_folder, load_scenario
    from promdrill.mutants import find_mutant
    from promdrill.report.progress import Progress
    from promdrill.run import run as run_drill

    scenario = load_scenario(find_folder(system, Path.cwd()))
    if options.mutant:
        find_mutant(scenario.drill, options.mutant)
    folder = evidence or new_folder(scenario.contract.system)
    with Progress(Terminal(stderr=True)) as progress:
        verdict = run_drill(scenario, options, folder, progress)
    report(verdict, **output)


def _run_several(
    systems: tuple[str, ...], options: Options, evidence: Path | None, jobs: int, output: Mapping[str, Any]
) -> NoReturn:
    from promdrill.report import several
    from promdrill.report.board import Board
    from promdrill.runs import exit_code, named, run_several

    if options.mutant or options.rule_mutants:
        raise UsageError("a mutant breaks one app: name one system")
    started = time.monotonic()
    arguments = [f"--seed={options.seed}", f"--stack={options.stack}", *(["--short"] if options.short else [])]
    drills = {name: [system, *arguments] for name, system in named(systems).items()}
    with Board(tuple(drills), Terminal(stderr=True)) as board:
        outcomes = run_several(drills, evidence or new_folder("several"), jobs, board)
    verdicts = [outcome.verdict for outcome in outcomes]

    def print_them(console: Console) -> None:
        several.render(verdicts, console, time.monotonic() - started, verbose=output["verbose"])

    publish_all(verdicts, exit_code(outcomes), print_them, output)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@report_options
def replay(folder: Path, **output: Any) -> None:  # noqa: ANN401 - the report options
    """Run the checks again on the evidence in FOLDER, with no stack."""
    from promdrill.report.progress import Progress
    from promdrill.run import replay as replay_evidence

    with Progress(Terminal(stderr=True)) as progress:
        verdict = replay_evidence(folder, progress)
    report(verdict, **output)


@main.command()
@click.argument("system")
@click.option("--seed", type=int, default=1, show_default=True, help="Order of the load, latencies and faults.")
def up(system: str, seed: int) -> None:
    """Hold the stack of SYSTEM, with its load, and print the addresses of its parts. Ctrl-C ends it."""
    from promdrill.contract import find_folder, load_scenario
    from promdrill.up import hold

    scenario = load_scenario(find_folder(system, Path.cwd()))
    hold(scenario, seed, new_folder(f"{scenario.contract.system}-up"), Terminal())


@main.command()
@click.argument("fakes", nargs=-1, required=True, metavar="FAKE...")
@click.option("--port", "ports", multiple=True, metavar="[FAKE=]PORT", help="Where it listens; any free port without.")
@click.option("--control", type=click.IntRange(0, 65535), default=0, help="Port of the control plane; any free one.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="YAML or JSON.")
@click.option("--host", default=conventions.LOOPBACK, show_default=True, help="Address to listen on.")
@click.option("--tls", multiple=True, metavar="FAKE", help="Serve it over https; can be repeated.")
@click.option("--ca-file", type=REPORT, help="Where to write the certificate that makes the https ones trusted.")
@click.option("--json", "as_json", is_flag=True, help="Print URLs and environment variables as JSON.")
def fake(fakes: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - the options above
    """Serve each FAKE for tests of your own: ollama, s3, tts (all of its providers), or one that was added.

    Prints where they are, and the environment variables that point clients at them. Ctrl-C ends them.
    """
    from promdrill.fake import Wanted, hold

    hold(Wanted(fakes, **options), click.echo)


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
    from promdrill.virtual.report import publish
    from promdrill.virtual.run import prove_rules

    report = prove_rules(rules, contract, against, emit, _announce)
    publish(report, json_file)
    sys.exit(int(report.exit_code(strict=strict)))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def doctor(*, as_json: bool) -> None:
    """Say what a run needs, what was found, and what is missing; fetches what a run would fetch."""
    from promdrill.doctor import doctor_report

    text, code = doctor_report(as_json=as_json, announce=_announce)
    click.echo(text)
    sys.exit(int(code))


def _announce(text: str) -> None:
    click.echo(text, err=True)


@main.command("list")
def list_systems() -> None:
    """List the bundled systems."""
    from promdrill.contract import bundled_systems, load_scenario
    from promdrill.report.wording import count

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

    from promdrill.checks import all_checks, read_page

    checks = all_checks()
    if check is None:
        width = max(map(len, checks))
        for slug, function in checks.items():
            click.echo(f"{slug:{width}} {(function.__doc__ or '').splitlines()[0]}")
    elif check not in checks:
        raise UsageError(f"there is no check {check!r}{did_you_mean(check, checks)}: {', '.join(checks)}")
    else:
        page = read_page(check)
        Terminal().print(Markdown(page)) if sys.stdout.isatty() else click.echo(page)


@main.command()
@click.argument("system", default="content_creation_crew")
@click.option("--rules", is_flag=True, help="List those of its rules instead, and which are not offered and why.")
def mutants(system: str, *, rules: bool) -> None:
    """List the named ways to break the instrumentation of SYSTEM's app."""
    from promdrill.contract import find_folder, load_scenario
    from promdrill.drill.rule_mutants import offer
    from promdrill.mutants import list_mutants

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


main.add_command(load)
