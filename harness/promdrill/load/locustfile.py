"""What Locust's process does: the user classes of a scenario, set up from the file that PROMDRILL_LOAD names.

One process alone, or a master and its workers (`--processes`, `--master`, `--worker`): the same file serves all.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import random
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
from gevent.event import Event
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from promdrill.contract.load_shape import Users
from promdrill.contract.threshold import Threshold
from promdrill.conventions import BASELINE
from promdrill.load.abort import ThresholdMonitor
from promdrill.load.distributed import DONE, FINISH, PHASE, POLL_SECONDS, Collector, Dispatcher
from promdrill.load.metrics import LoadMetrics, serve
from promdrill.load.reporting import KEY, LedgerWriter, Reporter
from promdrill.load.sampler import Sampler
from promdrill.load.thresholds import ArrivalCounts, Limit
from promdrill.load.user import DrillUser
from promdrill.load.work import Share, Work

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from locust.env import Environment
    from locust.event import EventHook

SETTINGS: dict[str, Any] = json.loads(Path(os.environ["PROMDRILL_LOAD"]).read_text(encoding="utf-8"))


FLUSH_SECONDS = 0.2
# What the workers of a master are to know of it; where files lie, each knows itself.
SHARED = ("seed", "short", "load", "headers", "shown")


def _listen(event: EventHook, listener: Callable[..., None]) -> None:
    event.add_listener(listener)  # type: ignore[no-untyped-call]  # Locust does not type it


def _user_classes() -> dict[str, type[DrillUser]]:
    # What lies beside the users' file can be imported by it, and comes before nothing else.
    sys.path.append(str(Path(SETTINGS["users"]).parent))
    spec = importlib.util.spec_from_file_location("scenario_users", SETTINGS["users"])
    if spec is None or spec.loader is None:
        raise ImportError(f"{SETTINGS['users']} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = {name: getattr(module, name) for name in SETTINGS["load"]}
    for name, cls in classes.items():
        cls.fixed_count = SETTINGS["load"][name]["users"]["users"]
    return classes


def _phase_of_file() -> str:
    """Return the phase that the drill is in; the run writes it to a file."""
    return Path(SETTINGS["phase"]).read_text(encoding="utf-8")


def _follow() -> NoReturn:
    """Tell this process the phase, for ever: each user that rests asks for it ten times a second."""
    while True:
        CURRENT_PHASE[0] = _phase_of_file()
        gevent.sleep(POLL_SECONDS)


CLASSES = _user_classes()
SAMPLER = Sampler()
CURRENT_PHASE = [_phase_of_file()]
WORK: dict[str, Work] = {}
REPORTER = Reporter(WORK, SAMPLER)
LEDGER_READY = Event()


def _set_up(environment: Environment, **_: object) -> None:
    """Divide the work among the processes, now that this one knows which it is; before any user is there."""
    # A worker can be told to begin while Locust is still making its runner.
    LEDGER_READY.wait()
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        return
    share = Share()
    if isinstance(runner, WorkerRunner):
        share = Share(runner.worker_index, _options(environment).expect_workers)
        SETTINGS.update(json.loads(_options(environment).promdrill))
    else:
        gevent.spawn(_follow)
    DrillUser.watched = frozenset(SETTINGS["headers"])
    DrillUser.shown = SETTINGS["shown"]
    # One alone keeps the seed of all earlier runs.
    seed: Any = SETTINGS["seed"] if share.among == 1 else f"{SETTINGS['seed']}:{share.index}"
    DrillUser.traces = random.Random(seed)  # noqa: S311 - not a secret
    # A worker's own drill can have more classes than are to act here.
    for name, load in SETTINGS["load"].items():
        if (cls := CLASSES.get(name)) is None:
            raise LookupError(f"{SETTINGS['users']} has no class {name}: have the same folder on all machines")
        cls.work = WORK[name] = Work(
            name,
            Users.model_validate(load["users"]),
            cls.cases,
            seed=SETTINGS["seed"],
            share=share,
            rests_in=load["rests_in"],
            phase=lambda: CURRENT_PHASE[0],
            folder=Path(SETTINGS["folder"]),
            bounded=SETTINGS["short"],
        )


def _set_up_or_end(**given: Any) -> None:  # noqa: ANN401 - whatever Locust gives
    """Set up, or end: what a listener raises Locust logs, and would have users act that nobody set up."""
    try:
        _set_up(**given)
    except Exception as error:
        raise SystemExit(f"the load could not be set up: {error}") from error


def _options(environment: Environment) -> Namespace:
    """Return Locust's own options; a worker has those of its master, and what the master says of the load with them."""
    options: Namespace = environment.parsed_options  # type: ignore[assignment]  # None only where Locust is a library
    return options


def _set_up_ledger(environment: Environment, **_: object) -> None:
    """Have rows written down: here, or where they are sent to."""
    environment.dispatcher_class = Dispatcher  # type: ignore[assignment]  # it is all of UsersDispatcher that Locust uses
    gevent.spawn(SAMPLER.run)
    if isinstance(environment.runner, WorkerRunner):
        _report_to(environment.runner)
        return
    SETTINGS["shown"] = not _options(environment).headless
    writer = LedgerWriter(Path(SETTINGS["ledger"]), Path(SETTINGS["report"]), SETTINGS["times"])
    DrillUser.note = writer.note
    collect: Callable[[], None] = partial(_collect_local, writer)
    if isinstance(environment.runner, MasterRunner):
        _options(environment).promdrill = json.dumps({name: SETTINGS[name] for name in SHARED})
        collect = Collector(environment.runner, writer, _phase_of_file).collect
    _listen(events.spawning_complete, lambda **_: Path(SETTINGS["begun"]).touch())
    _listen(events.quitting, lambda **_: collect())
    flushing = gevent.spawn(_flush, writer)
    _listen(events.quit, lambda **_: flushing.kill())
    _listen(events.quit, lambda **_: writer.close())
    if SETTINGS["metrics"]:
        _expose(environment, writer)
    if SETTINGS["abort"]:
        _watch(environment, writer, collect)
    if SETTINGS["short"]:
        gevent.spawn(_quit_when_all_turns_are_taken, environment, collect)


def _expose(environment: Environment, writer: LedgerWriter) -> None:
    """Have scrapes answered from the ledger writer, in which a process alone writes how it fares only when asked."""

    def users() -> Mapping[str, int]:
        if isinstance(environment.runner, MasterRunner):
            return environment.runner.reported_user_classes_count
        _collect_local(writer)
        return environment.runner.user_classes_count if environment.runner else {}

    serve(LoadMetrics(writer, users, _phase_of_file), SETTINGS["metrics"])


def _flush(writer: LedgerWriter) -> None:
    """Write rows down in pieces: one at a time would cost as much as sending a request."""
    while True:
        gevent.sleep(FLUSH_SECONDS)
        writer.flush()


def _watch(environment: Environment, writer: LedgerWriter, collect: Callable[[], None]) -> None:
    """End the load when it breaks a threshold that says so."""
    users = {name: Users.model_validate(load["users"]) for name, load in SETTINGS["load"].items()}
    limits = [Limit(Threshold.model_validate(threshold), users) for threshold in SETTINGS["abort"]]
    arrivals = writer.count_arrivals if isinstance(environment.runner, MasterRunner) else _count_arrivals
    monitor = ThresholdMonitor(limits, lambda: _phase_of_file() == BASELINE, arrivals)
    writer.watched = monitor.note

    def end() -> None:
        collect()
        if environment.runner:
            environment.runner.quit()

    gevent.spawn(monitor.run, Path(SETTINGS["aborted"]), end)


def _count_arrivals(users: set[str]) -> ArrivalCounts:
    """Return what became of the arrivals of these classes in this process."""
    pools = [work.pool for name, work in WORK.items() if work.pool and name in users]
    return ArrivalCounts(sum(pool.due for pool in pools), sum(pool.dropped for pool in pools))


def _report_to(runner: WorkerRunner) -> None:
    """Hand over rows with each of Locust's reports, and the last of them when the master asks for it."""
    DrillUser.note = REPORTER.note

    def finish(**_: object) -> None:
        runner.stop()
        told: dict[str, Any] = {}
        REPORTER.hand_over(told)
        runner.send_message(DONE, told)

    runner.register_message(PHASE, lambda msg, **_: CURRENT_PHASE.__setitem__(0, msg.data["name"]))
    runner.register_message(FINISH, finish, concurrent=True)
    _listen(events.report_to_master, lambda data, **_: REPORTER.hand_over(data))


def _collect_local(writer: LedgerWriter) -> None:
    """Write down how this process fared, which is the only one."""
    told: dict[str, Any] = {}
    REPORTER.hand_over(told)
    writer.take("local", told[KEY])


def _close_pools(**_: object) -> None:
    """Let no more arrivals come: users are about to be stopped."""
    for work in WORK.values():
        if work.pool:
            work.pool.close()


def _quit_when_all_turns_are_taken(environment: Environment, collect: Callable[[], None]) -> None:
    """End Locust when every user has left, which happens only in a run that is bounded by count."""
    while (runner := environment.runner) is None or runner.state != "running" or runner.user_count:
        gevent.sleep(POLL_SECONDS)
    collect()
    runner.quit()


def _note_broken_turn(user_instance: DrillUser, exception: BaseException, **_: object) -> None:
    """Put a turn that raised into the ledger, where the check of the load finds it."""
    user_instance.broke(exception)


def _begin(**_: object) -> None:
    """Start the clocks of this process: all users are there.

    What is there now stays: the garbage collector need not look through it again and again.
    """
    gc.freeze()
    for work in WORK.values():
        work.begin()
        if work.pool:
            gevent.spawn(work.pool.run)


_listen(events.init_command_line_parser, lambda parser, **_: parser.add_argument("--promdrill", default="{}"))
_listen(events.init, _set_up_ledger)
_listen(events.init, lambda **_: LEDGER_READY.set())
_listen(events.test_start, _set_up_or_end)
_listen(events.spawning_complete, _begin)
_listen(events.test_stopping, _close_pools)
_listen(events.user_error, _note_broken_turn)
