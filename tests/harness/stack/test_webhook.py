from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from promdrill.conventions import LOOPBACK
from promdrill.stack import webhook as module
from promdrill.stack.part import Part
from promdrill.stack.ports import Ports
from promdrill.stack.processes import Processes
from promdrill.stack.webhook import Delivered, Inbox, Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A receiver that listens."""
    ports = Ports()
    with Webhook(ports.take()) as webhook:
        yield webhook
    ports.release()


def notify(webhook: Inbox, alert: str, status: str, receiver: str = "chat") -> dict[str, Any]:
    """Post a notification to a receiver and return it."""
    one = {"status": status, "labels": {"alertname": alert}, "annotations": {"summary": "é"}}
    payload = {"status": status, "groupKey": "g", "alerts": [one]}
    assert httpx.post(f"{webhook.url}/{quote(receiver, safe='')}", json=payload, trust_env=False).status_code == 200
    return payload


def test_keeps_what_arrives(webhook: Webhook) -> None:
    """Notifications are kept in order, each whole, with the time when it came and by whose URL."""
    sent = [notify(webhook, "High", "firing"), notify(webhook, "High", "resolved", "on call/night é")]
    kept = [{key: value for key, value in one.items() if key not in {"received", "via"}} for one in webhook.received]
    times = [one["received"] for one in webhook.received]
    assert (kept, times) == (sent, sorted(times))
    assert [one["via"] for one in webhook.received] == ["chat", "on call/night é"]


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


def test_gone() -> None:
    """On leaving, nothing listens any more."""
    ports = Ports()
    with Webhook(ports.take()) as webhook:
        notify(webhook, "High", "firing")
    with pytest.raises(httpx.ConnectError):
        httpx.post(webhook.url, json={}, trust_env=False)
    ports.release()


def test_elsewhere(tmp_path: Path) -> None:
    """One that runs elsewhere keeps what arrives in a file, and shows it to whoever asks, as it stands there."""
    ports, file = Ports(), tmp_path / "notifications.jsonl"
    port = ports.take()
    page = f"http://{LOOPBACK}:{port}/"
    with Processes(tmp_path) as processes:
        processes.start(
            Part("receiver", [sys.executable, "-m", module.__name__, str(port), str(file)], {}, ready=page)
        ).wait_ready()
        shown = [httpx.get(page, trust_env=False).text]
        inbox = Delivered(f"{LOOPBACK}:{port}", file)
        sent = [notify(inbox, "High", "firing"), notify(inbox, "High", "resolved", "on call/night é")]
        shown.append(httpx.get(page, trust_env=False).text)
    ports.release()
    assert shown == ["", file.read_text(encoding="utf-8")]
    assert [{**sent[0], "via": "chat"}, {**sent[1], "via": "on call/night é"}] == [
        {key: value for key, value in one.items() if key != "received"} for one in inbox.received
    ]
