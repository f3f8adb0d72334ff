"""What receivers were told of an alert, read off Alertmanager's payloads, however its alerts are grouped."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from promdrill.alerts.states import state_intervals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promdrill.evidence import Evidence

# The key under which the webhook notes by whose URL a payload came.
VIA = "via"


class Notification(NamedTuple):
    """One receiver told at a time, in epoch seconds, that an alert is firing, or resolved in all of its instances.

    `instances` are those of the alert in the payload.
    """

    at: float
    status: str
    receiver: str
    instances: tuple[Mapping[str, Any], ...]
    payload: Mapping[str, Any]


def read_notifications(payloads: Iterable[Mapping[str, Any]], alert: str) -> Iterator[Notification]:
    """Yield what receivers were told of an alert, in order.

    A payload holds what of its group is firing. Resolved is an alert when no group of a receiver has it firing.
    """
    firing: dict[str, set[str]] = defaultdict(set)
    for payload in payloads:
        receiver, group = str(payload[VIA]), str(payload["groupKey"])
        instances = tuple(one for one in payload["alerts"] if one["labels"].get("alertname") == alert)
        if any(one["status"] == "firing" for one in instances):
            firing[receiver].add(group)
            yield Notification(payload["received"], "firing", receiver, instances, payload)
            continue
        firing[receiver].discard(group)
        if instances and not firing[receiver]:
            yield Notification(payload["received"], "resolved", receiver, instances, payload)


def notifications(evidence: Evidence, alert: str, status: str) -> tuple[Notification, ...]:
    """Return what receivers were told of an alert, `firing` or `resolved` in all instances, in order of arrival.

    What came before it first fired, of which there can be some about the warm-up, is left out.
    """
    since = next((firing.start for firing in state_intervals(evidence, alert).firing), math.inf)
    found = read_notifications(evidence.notifications, alert)
    return tuple(one for one in found if one.at >= since and one.status == status)
