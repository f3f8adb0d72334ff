from __future__ import annotations

from typing import Any

from promdrill.alerts.delivery import Notification, read_notifications


def payload(at: float, group: str, via: str = "chat", **alerts: str) -> dict[str, Any]:
    """Return a notification about a group: statuses by alert, those of several instances separated by a blank."""
    instances = [
        {"status": status, "labels": {"alertname": alert, "instance": str(number)}}
        for alert, statuses in alerts.items()
        for number, status in enumerate(statuses.split())
    ]
    return {"received": at, "via": via, "groupKey": group, "alerts": instances}


def told_of(alert: str, *payloads: dict[str, Any]) -> list[tuple[float, str, str, int]]:
    """Return what was told of an alert: when, what, to whom, and of how many instances."""
    return [(one.at, one.status, one.receiver, len(one.instances)) for one in read_notifications(payloads, alert)]


def test_whole() -> None:
    """What is told holds the alert's own instances and the whole notification."""
    sent = payload(1, "g", Low="firing", High="firing")
    assert list(read_notifications([sent], "High")) == [Notification(1, "firing", "chat", (sent["alerts"][1],), sent)]


def test_several_in_a_group() -> None:
    """An alert is resolved when all of its instances are, whatever else its group holds."""
    assert told_of(
        "High",
        payload(1, "g", High="firing firing"),
        payload(2, "g", High="resolved firing", Low="firing"),
        payload(3, "g", High="resolved", Low="firing"),
        payload(4, "g", Low="resolved"),
    ) == [(1, "firing", "chat", 2), (2, "firing", "chat", 2), (3, "resolved", "chat", 1)]


def test_several_groups() -> None:
    """Where each instance has a group of its own, the alert is resolved with the last of them."""
    assert told_of(
        "High",
        payload(1, "g", High="firing"),
        payload(2, "h", High="firing"),
        payload(3, "g", High="resolved"),
        payload(4, "h", High="resolved"),
    ) == [(1, "firing", "chat", 1), (2, "firing", "chat", 1), (4, "resolved", "chat", 1)]


def test_several_receivers() -> None:
    """Each receiver is told for itself: one that is never told of an end does not keep the other's from counting."""
    assert told_of(
        "High",
        payload(1, "g", High="firing"),
        payload(1, "g", "pager", High="firing"),
        payload(2, "g", High="resolved"),
    ) == [(1, "firing", "chat", 1), (1, "firing", "pager", 1), (2, "resolved", "chat", 1)]


def test_left_out() -> None:
    """What a group does not hold any more, such as an inhibited alert, is no longer firing there."""
    assert told_of(
        "High", payload(1, "g", High="firing"), payload(2, "g", Low="firing"), payload(3, "h", High="resolved")
    ) == [(1, "firing", "chat", 1), (3, "resolved", "chat", 1)]
