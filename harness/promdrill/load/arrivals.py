"""When the turns of an open model are due: seconds from the start of the load, in order, fixed before it begins."""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING

from promdrill.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promdrill.contract.load_shape import Arrivals


def due_times(arrivals: Arrivals, seed: str, folder: Path) -> Iterator[float]:
    """Yield when each turn is due; endless where the last rate is above 0.

    Arrival n comes when n arrivals have added up under the rate (`even`), or when so many have as independent clients
    would need: the sum of n exponential steps of mean 1 (`poisson`), which is a Poisson process of that rate.

    Raises:
        LoadError: the file to replay cannot be read; the message names the line.
    """
    if arrivals.replay is not None:
        yield from read_arrivals(folder / arrivals.replay)
        return
    shape = arrivals.shape
    for total in _evenly() if arrivals.spacing == "even" else _independently(seed):
        due = shape.time(total)
        if math.isinf(due):
            return
        yield due


def read_arrivals(path: Path) -> tuple[float, ...]:
    """Return the times of a recorded arrival log, one number on each line; empty lines and # comments are passed over.

    Raises:
        LoadError: it cannot be read, or a line is no time, or earlier than the one before.
    """
    times: list[float] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"the arrivals to replay cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            time = float(text)
        except ValueError:
            time = math.nan
        if not math.isfinite(time) or time < (times[-1] if times else 0):
            raise LoadError(
                f"{path}:{number}: {text!r} is not a time. Each line must be a number of seconds from the start,"
                " not smaller than the line before"
            )
        times.append(time)
    if not times:
        raise LoadError(f"{path} has no arrivals")
    return tuple(times)


def _evenly() -> Iterator[float]:
    return map(float, itertools.count())


def _independently(seed: str) -> Iterator[float]:
    source = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return itertools.accumulate(source.expovariate(1.0) for _ in itertools.count())
