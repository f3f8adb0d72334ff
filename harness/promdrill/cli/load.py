"""`promdrill load`: load an app without faults, and check its thresholds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promdrill.cli.parameters import evidence_option, report_options, seed_option
from promdrill.cli.verdict import new_folder, report
from promdrill.contract import find_folder, load_scenario
from promdrill.contract.profile import Profile, read_profile
from promdrill.conventions import LOOPBACK, MASTER_PORT
from promdrill.durations import seconds
from promdrill.errors import Exit, UsageError
from promdrill.evidence.external import PrometheusAddress
from promdrill.load.worker import serve
from promdrill.options import Distribution, Options
from promdrill.report.progress import Progress
from promdrill.report.publish import Terminal
from promdrill.run import run
from promdrill.stack.ports import is_free

if TYPE_CHECKING:
    from promdrill.contract import Scenario


class Duration(click.ParamType):
    """A duration as Prometheus writes it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's own signature
        """Return it in seconds."""
        try:
            return seconds(value)
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


def _one_address(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value in {"", "0.0.0.0", "::"}:
        raise click.BadParameter("workers connect to this address: name one address of this machine")
    return value


@click.command("load")
@click.argument("system")
@click.option(
    "--profile", type=click.Path(path_type=Path), help="A profile with users and thresholds, in place of the drill's."
)
@click.option("--for", "measure", type=Duration(), help="Duration of the measurement, like 30s or 5m.")
@click.option("--warm-up", type=Duration(), help="Duration of the load before the measurement.")
@seed_option
@evidence_option
@click.option(
    "--processes", type=click.IntRange(1), default=1, show_default=True, help="Number of processes that make the load."
)
@click.option("--master", is_flag=True, help="Let workers on other machines make the load.")
@click.option(
    "--expect-workers", type=click.IntRange(1), help="With --master: start when this many workers are connected."
)
@click.option("--worker", is_flag=True, help="Make the load for a master on another machine.")
@click.option("--master-host", help="With --worker: address of the master.")
@click.option("--master-port", type=click.IntRange(1, 65535), default=MASTER_PORT, show_default=True)
@click.option(
    "--bind",
    default=LOOPBACK,
    show_default=True,
    callback=_one_address,
    help="Address on which app, fakes and a --master listen.",
)
@click.option(
    "--web",
    type=click.IntRange(0, 65535),
    is_flag=False,
    flag_value=0,
    metavar="[PORT]",
    help="Show Locust's own page during the load, on PORT or a free port.",
)
@click.option("--prometheus-url", help="A Prometheus, Mimir, Thanos or VictoriaMetrics that already scrapes the app.")
@click.option(
    "--prometheus-header", "headers", multiple=True, help="'Name: value', a header for its queries; can be repeated."
)
@report_options
def command(
    system: str,
    *,
    master: bool,
    worker: bool,
    **given: Any,  # noqa: ANN401 - the other options
) -> None:
    """Load the app of SYSTEM, without faults: warm it up, measure, hold it to thresholds, reconcile its metrics.

    Over several machines: one is the --master, which has the stack and the verdict, each of the others a --worker.
    """
    if master and worker:
        raise UsageError("one machine is the --master, the others are each a --worker")
    if master is not bool(given["expect_workers"]):
        raise UsageError("--master and --expect-workers go together")
    if worker is not bool(given["master_host"]):
        raise UsageError("--worker and --master-host go together")
    if master and given["processes"] > 1:
        raise UsageError("a --master makes no load itself: start more workers in place of --processes")
    if worker and given["web"] is not None:
        raise UsageError("a --worker has no page: use --web on the master")
    if given["web"] and not is_free(given["web"]):
        raise UsageError(f"port {given['web']} is taken on {LOOPBACK}: name another one, or none, with --web")
    if worker and given["prometheus_url"]:
        raise UsageError("a --worker does not query Prometheus: use --prometheus-url on the master")
    if given["headers"] and not given["prometheus_url"]:
        raise UsageError("--prometheus-header needs --prometheus-url: give both")
    scenario = load_scenario(find_folder(system, Path.cwd()))
    if worker:
        _work(scenario, given)
    _measure(scenario, given)


def _work(scenario: Scenario, given: dict[str, Any]) -> NoReturn:
    click.echo(f"making load for {given['master_host']}:{given['master_port']} until the load ends; Ctrl-C ends it")
    serve(scenario, given["master_host"], given["master_port"], given["processes"])
    sys.exit(int(Exit.PASSED))


def _measure(scenario: Scenario, given: dict[str, Any]) -> NoReturn:
    profile = read_profile(given["profile"], scenario.drill) if given["profile"] else Profile()
    times = {name: given[name] for name in ("measure", "warm_up") if given[name] is not None}
    profile = profile.model_copy(update=times)
    distribution = Distribution(
        given["processes"], given["expect_workers"] or 0, given["bind"], given["master_port"], given["web"]
    )
    url = given["prometheus_url"]
    prometheus = PrometheusAddress.parse(url, given["headers"]) if url else None
    # It scrapes the app where it was told that it is.
    options = Options(
        seed=given["seed"],
        profile=profile,
        distribution=distribution,
        host=given["bind"],
        prometheus=prometheus,
        documented_port=prometheus is not None,
    )
    folder = given["evidence"] or new_folder(f"{scenario.contract.system}-load")
    with Progress(Terminal(stderr=True)) as progress:
        verdict = run(scenario, options, folder, progress)
    report(verdict, **{name: given[name] for name in ("json_file", "junit", "markdown", "verbose")})
