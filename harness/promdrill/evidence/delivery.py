"""What receivers were told of an alert, read off Alertmanager's payloads, however its alerts are grouped."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# The key under which the webhook notes by whose URL a payload came.
VIA = "via"


class Told(NamedTuple):
    """One receiver told at a time, in epoch seconds, that an alert is firing, or resolved in all of its instances.

    `instances` are those of the alert in the payload.
    """

    at: float
    status: str
    receiver: str
    instances: tuple[Mapping[str, Any], ...]
    payload: Mapping[str, Any]


def told(payloads: Iterable[Mapping[str, Any]], alert: str) -> Iterator[Told]:
    """Yield what receivers were told of an alert, in order.

    A payload holds what of its group is firing. Resolved is an alert when no group of a receiver has it firing.
    """
    firing: dict[str, set[str]] = defaultdict(set)
    for payload in payloads:
        receiver, group = str(payload[VIA]), str(payload["groupKey"])
        instances = tuple(one for one in payload["alerts"] if one["labels"].get("alertname") == alert)
        if any(one["status"] == "firing" for one in instances):
            firing[receiver].add(group)
            yield Told(payload["received"], "firing", receiver, instances, payload)
            continue
        firing[receiver].discard(group)
        if instances and not firing[receiver]:
            yield Told(payload["received"], "resolved", receiver, instances, payload)
