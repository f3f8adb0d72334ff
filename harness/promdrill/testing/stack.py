"""A stack without a load, for tests that drive the app themselves: it runs for a session, each test begins anew."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from promdrill.contract import load_scenario
from promdrill.conventions import LOOPBACK
from promdrill.drill.faults import active
from promdrill.errors import DeadlineError, StackError, UsageError, did_you_mean
from promdrill.evidence.folder import Recorder
from promdrill.mutants import find_mutant
from promdrill.rules.compress import compress
from promdrill.stack.stack import Stack
from promdrill.stack.standalone import environment
from promdrill.stack.verify import verify
from promdrill.testing.scrapes import Scrapes
from promdrill_fakes.catalogue import fakes
from promdrill_fakes.client import Fake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.options import Options
    from promdrill.rules.compress import CompressedRules


@contextlib.contextmanager
def run_stack(
    system: Path, options: Options, evidence: Path, announce: Callable[[str], None]
) -> Iterator[RunningStack]:
    """Run the stack of a system until the context ends; logs and configuration go into the folder `evidence`.

    Raises:
        ContractError: something is wrong with the scenario.
        UsageError: it has no such mutant.
        StackError: a part did not start.
    """
    scenario = load_scenario(system)
    if options.mutant:
        find_mutant(scenario, options.mutant)
    verify(scenario, announce)
    compressed = compress(scenario.rules, scenario.scrape_seconds)
    recorder = Recorder(evidence)
    recorder.scenario(scenario)
    with contextlib.ExitStack() as opened:
        try:
            stack = opened.enter_context(Stack(scenario, compressed.files, options, recorder, announce))
        except (StackError, DeadlineError) as error:
            raise StackError(f"{error}\nAll logs are in {evidence / 'logs'}") from error
        yield RunningStack(scenario, compressed, stack, {"seed": options.seed, **scenario.drill.fakes.config})


class RunningStack:
    """App, fakes, Prometheus and Alertmanager that are up; `began` is when the present test did, in epoch seconds."""

    def __init__(self, scenario: Scenario, compressed: CompressedRules, stack: Stack, config: dict[str, Any]) -> None:
        self.scenario = scenario
        self.compressed = compressed
        self.stack = stack
        self.scrapes = Scrapes(stack, scenario.job)
        self.url = f"http://{stack.app}"
        self.began = 0.0
        self._config = config

    def begin(self) -> None:
        """Have the fakes be as the drill configures them, their ledgers empty, and all that was before been scraped."""
        self.scrapes.idle()
        self.stack.control.restart(self._config)
        self.began = self.scrapes.next()

    @property
    def urls(self) -> dict[str, str]:
        """Where its parts are, by name: the app, Prometheus, Alertmanager and each fake."""
        watching = {"prometheus": self.stack.prometheus.url, "alertmanager": self.stack.alertmanager.url}
        return {"app": self.url, **watching, **{name: self._url(name) for name in self.scenario.drill.fakes.serve}}

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point clients at the fakes."""
        return environment({name: self._url(name) for name in self.scenario.drill.fakes.serve})

    def fake(self, name: str) -> Fake:
        """Return one of the fakes: `.url`, `.put_fault(…)`, `.journal()`, `.ledger()`."""
        __tracebackhide__ = True
        served = self.scenario.drill.fakes.serve
        if name not in served:
            raise UsageError(
                f"no fake {name!r} is served{did_you_mean(name, served)}: {', '.join(served) or 'none is'}"
            )
        return Fake(name, self._url(name), self.stack.control)

    def fault(self, name: str) -> AbstractContextManager[None]:
        """Have a fault of the drill strike for as long as a block lasts, `with` it."""
        __tracebackhide__ = True
        faults = self.scenario.drill.faults
        if name not in faults:
            raise UsageError(f"the drill has no fault {name!r}{did_you_mean(name, faults)}: {', '.join(faults)}")
        return active(name, faults[name], self.stack)

    def scraped(self) -> None:
        """Wait until Prometheus has scraped what the app exposes by now."""
        self.scrapes.next()

    def settled(self) -> None:
        """Wait until the fakes are idle, and what the app exposes then has been scraped."""
        self.scrapes.settled()

    def _url(self, fake: str) -> str:
        """Return where a fake is for a test; the app may know it by another name, but never by another port."""
        port = self.stack.fill_in(f"{{{fake}}}").rpartition(":")[2]
        return f"{'https' if fakes()[fake].tls else 'http'}://{LOOPBACK}:{port}"
