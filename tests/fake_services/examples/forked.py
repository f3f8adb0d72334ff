"""One exercise with each of several mutants, for scripts that a test runs: what an app exposes depends on it alone."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from promdrill_examples import mutation
from promdrill_fakes.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable


class Steps(Clock):
    """Moves by an eighth of a second each time that it is read."""

    steps = 0.0

    def now(self) -> float:
        """Return the next eighth of a second."""
        self.steps += 0.125
        return self.steps


def with_each_mutant(system: str, exercise: Callable[[], list[str]]) -> None:
    """Print a line of JSON, `[name, what the exercise returned]`, for each name on the command line.

    Each runs in a fork of this process, which has imported everything already. The name `none` is the app as it is.
    """
    for name in sys.argv[1:]:
        if (child := os.fork()) == 0:
            if name != "none":
                mutation.apply(system, name)
            sys.stdout.write(json.dumps([name, exercise()]) + "\n")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
