from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from harness.stack.ports import Ports
from harness.stack.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A receiver that listens."""
    ports = Ports()
    with Webhook(ports.take()) as webhook:
        yield webhook
    ports.release()


def notify(webhook: Webhook, alert: str, status: str) -> dict[str, Any]:
    """Post a notification and return it."""
    payload = {"status": status, "groupLabels": {"alertname": alert}, "alerts": [{"annotations": {"summary": "é"}}]}
    assert httpx.post(webhook.url, json=payload, trust_env=False).status_code == 200
    return payload


def test_keeps_what_arrives(webhook: Webhook) -> None:
    """Notifications are kept in order, each whole and with the time when it came."""
    sent = [notify(webhook, "High", "firing"), notify(webhook, "High", "resolved")]
    kept = [{key: value for key, value in one.items() if key != "received"} for one in webhook.received]
    times = [one["received"] for one in webhook.received]
    assert (kept, times) == (sent, sorted(times))


def test_has(webhook: Webhook) -> None:
    """It tells whether a notification of an alert and a state has come since a time."""
    notify(webhook, "High", "firing")
    then = webhook.received[0]["received"]
    later = math.nextafter(then, math.inf)
    asked = [("High", "firing", then), ("High", "firing", later), ("High", "resolved", then), ("Low", "firing", then)]
    assert [webhook.has(*one) for one in asked] == [True, False, False, False]


def test_last(webhook: Webhook) -> None:
    """It tells when an alert was last notified so, and minus infinity where it never was."""
    for state in ("firing", "resolved", "firing"):
        notify(webhook, "High", state)
    assert webhook.last("High", "firing") == webhook.received[2]["received"]
    assert webhook.last("Low", "firing") == -math.inf


def test_group_without_a_name(webhook: Webhook) -> None:
    """A notification that is grouped otherwise belongs to no alert."""
    httpx.post(webhook.url, content=json.dumps({"status": "firing", "groupLabels": {}}), trust_env=False)
    assert not webhook.has("High", "firing", 0)


def test_gone() -> None:
    """On leaving, nothing listens any more."""
    ports = Ports()
    with Webhook(ports.take()) as webhook:
        notify(webhook, "High", "firing")
    with pytest.raises(httpx.ConnectError):
        httpx.post(webhook.url, json={}, trust_env=False)
    ports.release()
