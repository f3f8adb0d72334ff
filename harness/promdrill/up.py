"""A stack that is held, for people who want to look around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from promdrill import conventions, plain_http, wait
from promdrill.errors import StackError
from promdrill.evidence.folder import Recorder
from promdrill.load.generator import LoadSettings, locust
from promdrill.options import Distribution, Options
from promdrill.rules.compress import compress
from promdrill.stack.ports import is_free
from promdrill.stack.stack import Stack
from promdrill.stack.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from promdrill.contract import Scenario

PAGE_SECONDS = 5.0


def hold(scenario: Scenario, seed: int, folder: Path, console: Console) -> None:
    """Start the stack with the app on its documented port, print the addresses, and hold until interrupted.

    Raises:
        ContractError: the fakes or promtool refuse some of the scenario.
        StackError: the documented port is taken, or a part did not start or died.
    """
    port = scenario.drill.app.port
    if not scenario.drill.app.address and not is_free(port):
        raise StackError(
            f"port {port}, where the documents put {scenario.contract.system}, is taken on {conventions.LOOPBACK};"
            f" stop the program that listens there (`ss -ltnp sport = :{port}` names it)"
        )
    verify(scenario, console.print)
    recorder = Recorder(folder)
    compressed = compress(scenario.rules, scenario.scrape_seconds)
    options = Options(seed=seed, documented_port=True)
    with Stack(scenario, compressed.files, options, recorder, console.print) as stack:
        page = stack.processes.ports.take()
        load_settings = LoadSettings(f"http://{stack.app}", folder, seed, metrics=stack.load_port)
        load = locust(scenario, load_settings, Distribution(web=page))
        stack.processes.start_all([load])
        console.print(_addresses(stack, page), soft_wrap=True)
        console.print(f"Logs are in {folder / 'logs'}. Ctrl-C ends everything.", soft_wrap=True)
        while True:
            wait.hold(3600, alive=stack.processes.alive)


def _addresses(stack: Stack, page: int) -> str:
    addresses = {
        "app": f"http://{stack.app}",
        "its metrics": f"http://{stack.app}{stack.metrics_path}",
        "Prometheus": stack.prometheus.url,
        "Alertmanager": stack.alertmanager.url,
        "Locust": f"http://{conventions.LOOPBACK}:{page}",
        "metrics of the load": f"http://{conventions.LOOPBACK}:{stack.load_port}/metrics",
        "control of the fakes": stack.control.url,
    }
    # Debian's builds can lack the files of their pages.
    bare = {name for name in ("Prometheus", "Alertmanager") if not _has_page(addresses[name])}
    return "\n".join(
        f"{name:20}  {url}{'  (this build has no page there, only its API)' if name in bare else ''}"
        for name, url in addresses.items()
    )


def _has_page(url: str) -> bool:
    with plain_http.client(seconds=PAGE_SECONDS) as client:
        try:
            return client.get(url, follow_redirects=True).is_success
        except httpx.HTTPError:
            return False
