"""`promdrill run`: drill systems, one or several."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promdrill.cli.parameters import evidence_option, report_options, seed_option
from promdrill.cli.verdict import new_folder, report, report_all
from promdrill.contract import bundled_systems, find_folder, load_scenario
from promdrill.errors import UsageError
from promdrill.mutants import find_mutant
from promdrill.options import KINDS, Kind, Options
from promdrill.report import several
from promdrill.report.board import Board
from promdrill.report.progress import Progress
from promdrill.report.publish import Terminal
from promdrill.run import run
from promdrill.runs import exit_code, name_systems, run_several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


@click.command("run")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option("--all", "everything", is_flag=True, help="Drill every bundled system.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Number of drills at a time.")
@seed_option
@click.option("--mutant", help="Break the app's instrumentation in a named way (`promdrill mutants`); implies --short.")
@click.option(
    "--rule-mutant",
    "rule_mutants",
    multiple=True,
    help="Break the rules in a named way (`promdrill mutants --rules`); can be repeated, once for each alert.",
)
@click.option("--short", is_flag=True, help="A fixed number of turns, and no alert phases.")
@click.option(
    "--stack",
    type=click.Choice(KINDS),
    default=Kind.PROCESSES.value,
    show_default=True,
    help="Type of the parts; auto: containers where an engine answers.",
)
@evidence_option
@report_options
def command(
    systems: tuple[str, ...],
    *,
    everything: bool,
    jobs: int,
    evidence: Path | None,
    **given: Any,  # noqa: ANN401 - the other options
) -> None:
    """Drill each SYSTEM: the name of a bundled one, or a folder. The exit code is the worst of all drills."""
    if everything and systems:
        raise UsageError("--all drills every bundled system: do not name a system too")
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
    scenario = load_scenario(find_folder(system, Path.cwd()))
    if options.mutant:
        find_mutant(scenario, options.mutant)
    folder = evidence or new_folder(scenario.contract.system)
    with Progress(Terminal(stderr=True)) as progress:
        verdict = run(scenario, options, folder, progress)
    report(verdict, **output)


def _run_several(
    systems: tuple[str, ...], options: Options, evidence: Path | None, jobs: int, output: Mapping[str, Any]
) -> NoReturn:
    if options.mutant or options.rule_mutants:
        raise UsageError("a mutant breaks one app: name one system")
    started = time.monotonic()
    arguments = [f"--seed={options.seed}", f"--stack={options.stack}", *(["--short"] if options.short else [])]
    drills = {name: [system, *arguments] for name, system in name_systems(systems).items()}
    with Board(tuple(drills), Terminal(stderr=True)) as board:
        outcomes = run_several(drills, evidence or new_folder("several"), jobs, board)
    verdicts = [outcome.verdict for outcome in outcomes]

    def print_them(console: Console) -> None:
        several.render(verdicts, console, time.monotonic() - started, verbose=output["verbose"])

    report_all(verdicts, exit_code(outcomes), print_them, output)
