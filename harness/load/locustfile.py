"""What Locust runs: the user classes of a scenario, set up from the file that PROMDRILL_LOAD names."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from locust import events

from harness.load.user import ClientLedger, DrillUser

if TYPE_CHECKING:
    from locust.env import Environment

SETTINGS: dict[str, Any] = json.loads(Path(os.environ["PROMDRILL_LOAD"]).read_text(encoding="utf-8"))


def _user_classes() -> dict[str, type[DrillUser]]:
    spec = importlib.util.spec_from_file_location("scenario_users", SETTINGS["users"])
    if spec is None or spec.loader is None:
        raise ImportError(f"{SETTINGS['users']} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes: dict[str, type[DrillUser]] = {}
    for name, load in SETTINGS["load"].items():
        cls = getattr(module, name)
        if SETTINGS["short"]:
            cls.prepare(SETTINGS["seed"], users=load["users"], every=0.0, turns=load["count"], rests_in=())
        else:
            cls.prepare(
                SETTINGS["seed"],
                users=load["users"],
                every=load["every"],
                turns=math.inf,
                rests_in=load["rests_in"],
            )
        classes[name] = cls
    return classes


def _phase() -> str:
    """Return the phase that the drill is in; the run writes it to a file."""
    return Path(SETTINGS["phase"]).read_text(encoding="utf-8")


DrillUser.phase = staticmethod(_phase)
DrillUser.watched = frozenset(SETTINGS["headers"])
DrillUser.ledger = ClientLedger(Path(SETTINGS["ledger"]))
DrillUser.traces = random.Random(SETTINGS["seed"])  # noqa: S311 - not a secret
globals().update(_user_classes())


def _quit_when_all_turns_are_taken(environment: Environment, **_: object) -> None:
    """End Locust when every user has left, which happens only in a run that is bounded by count."""

    def watch() -> None:
        runner = environment.runner
        while runner is None or runner.state != "running" or runner.user_count:
            gevent.sleep(0.05)
            runner = environment.runner
        runner.quit()

    if SETTINGS["short"]:
        gevent.spawn(watch)


def _note_broken_turn(user_instance: DrillUser, exception: BaseException, **_: object) -> None:
    """Put a turn that raised into the ledger, where the check of the load finds it."""
    user_instance.broke(exception)


def _tell_that_all_have_begun(**_: object) -> None:
    """Leave a file where the run looks for it: its phases begin when all users are there."""
    Path(SETTINGS["begun"]).touch()


events.spawning_complete.add_listener(_tell_that_all_have_begun)  # type: ignore[no-untyped-call]  # Locust does not type it
events.user_error.add_listener(_note_broken_turn)  # type: ignore[no-untyped-call]  # Locust does not type it
events.init.add_listener(_quit_when_all_turns_are_taken)  # type: ignore[no-untyped-call]  # Locust does not type it
