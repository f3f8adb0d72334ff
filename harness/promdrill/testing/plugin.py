"""Fixtures for pytest: the fakes for anybody's tests (docs/fakes.md), and a stack with its metrics (docs/pytest.md).

The fakes are one process, the stack has others of its own. They start with the first test that asks for them and end
with the session. Each test finds the fakes as if they had just started. Next to nothing is imported, and nothing runs,
in a session that does not ask.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.options import KINDS, Kind, Options
from promdrill_fakes.catalogue import bundled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from promdrill.stack.standalone import RunningFakes
    from promdrill.testing.ledger import Ledger
    from promdrill.testing.metrics_client import MetricsClient
    from promdrill.testing.stack import RunningStack
    from promdrill_fakes.client import Fake

WHICH_SYSTEM = """\
promdrill_stack does not know which system it is to start. Name a bundled one, or a folder that holds contract.yml:
  - in the configuration of pytest:   promdrill_system = path/to/folder
  - on the command line:              --promdrill-system=path/to/folder
  - in conftest.py:                   a fixture promdrill_system with scope="session" that returns it"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what a user can choose."""
    group = parser.getgroup("promdrill", "promdrill: a stack for tests of your own")
    group.addoption("--promdrill-system", metavar="SYSTEM", help="A bundled system, or the folder of one of your own.")
    group.addoption(
        "--promdrill-stack", choices=KINDS, default=Kind.PROCESSES.value, help="What its parts are (%(default)s)."
    )
    group.addoption(
        "--promdrill-mutant", metavar="NAME", help="Break the app in a named way, to see which tests notice."
    )
    parser.addini("promdrill_system", "A bundled system, or the folder of one of your own.")


@pytest.fixture(scope="session")
def promdrill_fakes_config() -> Mapping[str, Any]:
    """The configuration that the fakes have when a test begins; override it for another than the default."""
    return {}


@pytest.fixture(scope="session")
def _promdrill_process() -> Iterator[RunningFakes]:
    from promdrill.stack.standalone import serve  # noqa: PLC0415 - a plugin is imported by every session
    from promdrill_fakes.catalogue import fakes  # noqa: PLC0415 - as above

    with serve(dict.fromkeys(fakes(), 0)) as running:
        yield running


@pytest.fixture
def promdrill_fakes(_promdrill_process: RunningFakes, promdrill_fakes_config: Mapping[str, Any]) -> RunningFakes:
    """All fakes, as they are after their start: `.urls`, `.environment()`, `.fake(NAME)`, `.control`."""
    _promdrill_process.control.restart(promdrill_fakes_config)
    return _promdrill_process


def _fixture(name: str) -> Callable[..., Fake]:
    """Return the fixture `fake_NAME` of one of our own fakes; those of others have `promdrill_fakes.fake(NAME)`."""

    def fake(promdrill_fakes: RunningFakes) -> Fake:
        return promdrill_fakes.fake(name)

    fake.__doc__ = f"The fake {name}: `.url`, `.put_fault(…)`, `.journal()`, `.ledger()`."
    return pytest.fixture(name=f"fake_{name}")(fake)


globals().update({f"fake_{name}": _fixture(name) for name in bundled()})


@pytest.fixture(scope="session")
def promdrill_system(pytestconfig: pytest.Config) -> str | Path:
    """The system that is started: a bundled name, or a folder; override it, or name it by option."""
    if given := pytestconfig.getoption("promdrill_system"):
        return _find(given, pytestconfig.invocation_params.dir)
    if given := pytestconfig.getini("promdrill_system"):
        return _find(given, pytestconfig.inipath.parent if pytestconfig.inipath else pytestconfig.rootpath)
    pytest.fail(WHICH_SYSTEM, pytrace=False)


@pytest.fixture(scope="session")
def _promdrill_running(
    pytestconfig: pytest.Config, promdrill_system: str | Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStack]:
    from promdrill.testing.stack import run_stack  # noqa: PLC0415 - as above

    evidence = tmp_path_factory.mktemp("promdrill")
    with contextlib.ExitStack() as opened:
        with _report_errors():
            kind = Kind(pytestconfig.getoption("promdrill_stack"))
            options = Options(mutant=pytestconfig.getoption("promdrill_mutant"), stack=kind)
            folder = _find(str(promdrill_system), pytestconfig.rootpath)
            yielded = opened.enter_context(run_stack(folder, options, evidence, print))
        yield yielded


@pytest.fixture
def promdrill_stack(_promdrill_running: RunningStack) -> RunningStack:
    """The stack of a system, without a load: `.url`, `.fake("ollama")`, `.fault(…)`, `.scraped()`, `.settled()`."""
    with _report_errors():
        _promdrill_running.begin()
    return _promdrill_running


@pytest.fixture
def promdrill_prometheus(promdrill_stack: RunningStack) -> MetricsClient:
    """Its Prometheus, for `promdrill.testing.expect`: what it has of the app since the test began."""
    from promdrill.testing.metrics_client import MetricsClient  # noqa: PLC0415 - as above

    return MetricsClient(promdrill_stack, promdrill_stack.began)


@pytest.fixture
def promdrill_ledger(promdrill_stack: RunningStack) -> Ledger:
    """What its fakes saw since the test began: `.count("ollama", model="mistral:7b")`, `.rows(…)`."""
    from promdrill.testing.ledger import Ledger  # noqa: PLC0415 - as above

    return Ledger(promdrill_stack.stack.control)


def _find(system: str, base: Path) -> Path:
    from promdrill.contract import find_folder  # noqa: PLC0415 - as above

    with _report_errors():
        return find_folder(system, base)


@contextlib.contextmanager
def _report_errors() -> Iterator[None]:
    """Have an error of promdrill's be all that is shown: it says what to do, and how it came about helps nobody."""
    from promdrill.errors import PromdrillError  # noqa: PLC0415 - as above

    try:
        yield
    except PromdrillError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
