"""One page of a list of objects: prefix, delimiter, and where to go on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass(frozen=True, slots=True)
class Page:
    """Keys and common prefixes, each in order; `last` is where the next page goes on, None if there is none."""

    keys: list[str]
    prefixes: list[str]
    last: str | None


def page(keys: Collection[str], prefix: str, delimiter: str, after: str, limit: int) -> Page:
    """Return up to `limit` keys and common prefixes that follow `after`, in the order of their UTF-8 bytes.

    A common prefix stands for all keys that go on with `prefix`, then anything, then `delimiter`.
    """
    ordered = sorted(keys)  # the order of code points is that of UTF-8 bytes
    beyond = _beyond(ordered, after) if _common(after, prefix, delimiter) == after else bisect_right(ordered, after)
    position = max(bisect_left(ordered, prefix), beyond)
    found: list[str] = []
    prefixes: list[str] = []
    last = None
    while position < len(ordered) and ordered[position].startswith(prefix):
        if len(found) + len(prefixes) == limit:
            return Page(found, prefixes, last)
        common = _common(ordered[position], prefix, delimiter)
        if common is None:
            last = ordered[position]
            found.append(last)
            position += 1
        else:
            last = common
            prefixes.append(last)
            position = _beyond(ordered, last)
    return Page(found, prefixes, None)


def _common(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter or not key.startswith(prefix):
        return None
    head, found, _ = key[len(prefix) :].partition(delimiter)
    return prefix + head + delimiter if found else None


def _beyond(ordered: Sequence[str], prefix: str) -> int:
    """Return where the keys end that begin with this prefix."""
    return bisect_right(ordered, prefix, key=lambda key: key[: len(prefix)])
