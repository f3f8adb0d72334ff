"""What mutants are made of: their mark, a metric whose updates are changed, and a function that is replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from types import ModuleType

Metric = Counter | Histogram
Labels = tuple[str, ...]
Update = Callable[[Labels, float], tuple[Labels, float] | None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break an app: `metric` is what a verdict must name, `apply` breaks the app that is made afterwards."""

    name: str
    metric: str
    apply: Callable[[], None]


def mutant(metric: str) -> Callable[[Callable[[], None]], Mutant]:
    """Make a mutant of a function, under its name; the first line of its docstring says what it breaks."""
    return lambda function: Mutant(function.__name__, metric, function)


def change(metrics: ModuleType, name: str, update: Update, into: Metric | None = None) -> None:
    """Pass each update of the metric that a module holds under `name` through `update`.

    `update` gets the label values and the amount (of an `inc` or an `observe`), and returns what to record in their
    place, or None to record nothing. With `into`, that metric is exposed instead, starting empty.
    """
    metric = getattr(metrics, name)
    if into is not None:
        metrics.REGISTRY.unregister(metric)
        metrics.REGISTRY.register(into)
    setattr(metrics, name, _Changed(metric if into is None else into, update))


def instead_of(owner: ModuleType | type, name: str) -> Callable[[Callable[..., Any]], None]:
    """Replace a function of a module or a class by the decorated one, which gets the original as its first argument."""
    original = getattr(owner, name)

    def decorate(function: Callable[..., Any]) -> None:
        @wraps(original)
        def replacement(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  stands for any function
            return function(original, *arguments, **named)

        setattr(owner, name, replacement)

    return decorate


@dataclass(frozen=True, slots=True)
class _Changed:
    metric: Metric
    update: Update
    values: Labels = ()

    def labels(self, *values: str) -> _Changed:
        return _Changed(self.metric, self.update, values)

    def inc(self, amount: float = 1) -> None:
        if changed := self.update(self.values, amount):
            labels, amount = changed
            child = self.metric.labels(*labels) if labels else self.metric
            child.observe(amount) if isinstance(child, Histogram) else child.inc(amount)

    observe = inc
