"""What an app's metrics say, and what was added to them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def series(exposition: str) -> dict[str, float]:
    """Return each series but those of buckets, as `name{value,...}`, values in order of their labels' names."""
    return {
        f"{one.name}{{{','.join(value for _, value in sorted(one.labels.items()))}}}": one.value
        for family in text_string_to_metric_families(exposition)
        for one in family.samples
        if not one.name.endswith("_bucket")
    }


@contextmanager
def changes(exposition: Callable[[], str]) -> Iterator[dict[str, float]]:
    """Yield a dictionary that holds, after the block, what was added to each series in it; sums of seconds are not."""
    added: dict[str, float] = {}
    before = series(exposition())
    yield added
    after = series(exposition()).items()
    added.update({name: value - before[name] for name, value in after if value != before[name]})
    for name in [name for name in added if "_seconds_sum" in name]:
        del added[name]
