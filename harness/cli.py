"""The commands: parse, call, print, exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import IO, Any, NoReturn

import click
from rich.console import Console

from harness import __version__, conventions
from harness.errors import Exit, PromdrillError, UsageError, did_you_mean
from harness.model import Status, Verdict

EXITS = {Status.PASSED: Exit.PASSED, Status.FAILED: Exit.FAILED, Status.INCONCLUSIVE: Exit.INCONCLUSIVE}
INTERRUPTED = 130  # what shells expect of a command that a signal ended


class ReportPath(click.Path):
    """A file to write a report to, refused before a run rather than after it when its folder is not there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's own signature
        """Return the path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"the folder {path.parent} is not there", param, ctx)
        return path


REPORT = ReportPath(dir_okay=False, writable=True)


class Terminal(Console):
    """A console that falls silent when nobody reads it any more; rich's own would end with 1, a broken promise."""

    def on_broken_pipe(self) -> None:
        """Print nothing from now on."""
        self.quiet = True
        _discard(self.file)


def _discard(stream: IO[str]) -> None:
    """Let what is still to be written go nowhere: a failing flush at exit would replace our exit code by 120."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def _complain(text: str) -> None:
    try:
        click.echo(f"promdrill: {text}", err=True)
    except OSError:
        _discard(sys.stderr)


class Commands(click.Group):
    """A group whose commands turn every error into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except PromdrillError as error:
            _complain(str(error))
            ctx.exit(int(error.exit_code))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                _discard(sys.stdout)
            where = f" {error.filename}" if error.filename else ""
            _complain(f"the machine refused{where}: {error.strerror or error}")
            ctx.exit(int(Exit.INCONCLUSIVE))
        except KeyboardInterrupt:
            _complain("interrupted; everything that was started has been ended")
            ctx.exit(INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - Python's own exit code for it is 1, which means a broken promise
            _complain(f"promdrill itself failed: {error!r}, please report it\n{traceback.format_exc().rstrip()}")
            ctx.exit(int(Exit.INCONCLUSIVE))


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
@click.argument("system")
@click.option("--seed", type=int, default=1, show_default=True, help="Order of the load, latencies and faults.")
@click.option("--mutant", help="Break the app's instrumentation in a named way (`promdrill mutants`); implies --short.")
@click.option("--short", is_flag=True, help="A load bounded by count, and no alert phases.")
@click.option("--evidence", type=click.Path(path_type=Path), help="Where the evidence goes; a new folder by default.")
@_report_options
def run(
    system: str,
    seed: int,
    mutant: str | None,
    evidence: Path | None,
    **output: Any,  # noqa: ANN401 - the report options
) -> None:
    """Drill SYSTEM: the name of a bundled system, or a folder that holds one."""
    from harness.contract import find_folder, load_scenario
    from harness.mutants import find_mutant
    from harness.report.progress import Progress
    from harness.run import Options
    from harness.run import run as run_drill

    scenario = load_scenario(find_folder(system, Path.cwd()))
    if mutant:
        find_mutant(scenario.drill, mutant)
    options = Options(seed=seed, mutant=mutant, short=output.pop("short") or bool(mutant))
    folder = evidence or _new_folder(scenario.contract.system)
    with Progress(Terminal(stderr=True)) as progress:
        verdict = run_drill(scenario, options, folder, progress)
    _report(verdict, **output)


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


def _report(
    verdict: Verdict, *, json_file: Path | None, junit: Path | None, markdown: Path | None, verbose: bool
) -> NoReturn:
    from harness.report import jsonfile, text
    from harness.report.junit import write_junit
    from harness.report.markdown import write_markdown

    problems = []
    for write, path in ((jsonfile.write_json, json_file), (write_junit, junit), (write_markdown, markdown)):
        try:
            if path:
                write([verdict], path)
        except UsageError as error:
            problems.append(str(error))
    try:
        if sys.stdout.isatty():
            text.render(verdict, Terminal(), verbose=verbose)
        else:
            click.echo(text.plain(verdict, verbose=verbose), nl=False)
    except BrokenPipeError:
        _discard(sys.stdout)  # whoever read it has seen enough
    except OSError as error:
        problems.append(f"cannot print the verdict: {error.strerror or error}")
        _discard(sys.stdout)
    for problem in problems:
        _complain(problem)
    passed = verdict.status is Status.PASSED
    sys.exit(int(Exit.WRONG_USE if passed and problems else EXITS[verdict.status]))


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
def mutants(system: str) -> None:
    """List the named ways to break the instrumentation of SYSTEM's app."""
    from harness.contract import find_folder, load_scenario
    from harness.mutants import list_mutants

    for mutant in list_mutants(load_scenario(find_folder(system, Path.cwd())).drill):
        click.echo(f"{mutant.name:38} {mutant.metric:32} {mutant.what}")


if __name__ == "__main__":
    main()
