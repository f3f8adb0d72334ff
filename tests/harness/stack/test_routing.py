"""A system's Alertmanager in a drill: receivers replaced, times compressed, all else kept; and a real one runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from promdrill import conventions, wait
from promdrill.contract.routing import read_routing
from promdrill.contract.silences import matcher
from promdrill.drill.suppression import Suppression, SuppressionProbe, await_suppressed
from promdrill.stack import binaries, monitoring
from promdrill.stack.alertmanager_api import AlertmanagerApi
from promdrill.stack.processes import Processes
from promdrill.stack.routing import drill_routing
from promdrill.stack.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """
global: {slack_api_url: "http://slack.invalid/", resolve_timeout: 1m}
templates: ["*.tmpl"]
route:
  receiver: mail
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  routes:
    - {receiver: on call/night, matchers: [severity="critical"], group_wait: 10s, continue: true}
    - receiver: chat
      matchers: [severity="warning"]
      group_by: [severity]
      repeat_interval: 1h
      active_time_intervals: [always]
      routes: [{receiver: nobody, matchers: ['team="none"']}]
inhibit_rules:
  - {source_matchers: [alertname="Down"], target_matchers: [severity="warning"], equal: [job]}
time_intervals: [{name: always, time_intervals: [{}]}]
receivers:
  - {name: mail, email_configs: [{to: a@example.org, from: b@example.org, smarthost: "localhost:25"}]}
  - name: on call/night
    pagerduty_configs: [{routing_key: secret}]
    slack_configs: [{channel: "#night"}]
  - {name: chat, slack_configs: [{channel: "#alerts", send_resolved: true}]}
  - {name: nobody}
"""


def test_drilled() -> None:
    """Each receiver is a webhook that is told of an end where one of its integrations is; one without stays without."""
    read = yaml.safe_load(CONFIGURATION)
    route = read["route"]
    night, chat = route["routes"]
    assert drill_routing(read, 300, "http://127.0.0.1:1/n") == {
        "route": {
            **route,
            "group_wait": "100ms",
            "group_interval": "1s",
            "repeat_interval": "48s",
            "routes": [{**night, "group_wait": "33ms"}, {**chat, "repeat_interval": "12s"}],
        },
        "receivers": [
            {"name": "mail", "webhook_configs": [{"url": "http://127.0.0.1:1/n/mail", "send_resolved": False}]},
            {
                "name": "on call/night",
                "webhook_configs": [{"url": "http://127.0.0.1:1/n/on%20call%2Fnight", "send_resolved": True}],
            },
            {"name": "chat", "webhook_configs": [{"url": "http://127.0.0.1:1/n/chat", "send_resolved": True}]},
            {"name": "nobody"},
        ],
        "inhibit_rules": read["inhibit_rules"],
        "time_intervals": read["time_intervals"],
    }


class Running:
    """An Alertmanager that runs the configuration in a drill, and what its receivers were told."""

    def __init__(self, url: str, webhook: Webhook) -> None:
        self.api = AlertmanagerApi(url)
        self.webhook = webhook

    def fire(self, *alerts: dict[str, str]) -> None:
        """Have alerts fire."""
        posted = [{"labels": labels, "generatorURL": "http://127.0.0.1:1/graph"} for labels in alerts]
        httpx.post(f"{self.api.url}/api/v2/alerts", json=posted, trust_env=False).raise_for_status()

    def told(self, alert: str) -> dict[str, list[str]]:
        """Wait until a receiver was told of an alert; return each receiver's last group labels, by receiver."""

        def arrived() -> dict[str, list[str]]:
            found = {
                one["via"]: sorted(one["groupLabels"])
                for one in self.webhook.received
                if any(instance["labels"]["alertname"] == alert for instance in one["alerts"])
            }
            if not found:
                raise wait.NotYet("nobody was told")
            return found

        return wait.until(arrived, what=alert, seconds=20)

    def inhibit(self) -> dict[str, str]:
        """Fire Down, then Slow, which it inhibits, and Free, which it does not; return the labels of Slow."""
        self.fire({"alertname": "Down", "severity": "critical", "job": "app"})
        self.told("Down")
        slow = {"alertname": "Slow", "severity": "warning", "job": "app"}
        self.fire(slow, {"alertname": "Free", "severity": "warning", "job": "db"})
        return slow

    def shows(self, alert: Suppression) -> list[dict[str, Any]]:
        """Wait until an alert is suppressed; return what is shown of it."""

        def suppressed() -> list[dict[str, Any]]:
            alerts = self.api.alerts()
            if not alert.holds(alerts):
                raise wait.NotYet("not suppressed")
            return list(alert.instances(alerts))

        return wait.until(suppressed, what=alert.alert, seconds=20)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An Alertmanager with the configuration."""
    folder: Path = tmp_path_factory.mktemp("alertmanager")
    (folder / conventions.ALERTMANAGER_TEMPLATE).write_text(CONFIGURATION, encoding="utf-8")
    routing, file = read_routing(folder)
    assert routing, file.problems
    with Processes(folder) as processes:
        port = processes.ports.take()
        with Webhook(processes.ports.take()) as webhook:
            written = yaml.safe_dump(drill_routing(routing.data, routing.factor, webhook.url))
            (folder / conventions.ALERTMANAGER_TEMPLATE).write_text(written, encoding="utf-8")
            processes.start_all([monitoring.alertmanager(binaries.find("alertmanager").path, folder, port)])
            one = Running(f"http://{conventions.LOOPBACK}:{port}", webhook)
            yield one
            one.api.close()


@pytest.mark.parametrize(
    ("alert", "severity", "told"),
    [
        ("Page", "critical", {"on call/night": ["alertname"]}),
        ("Mail", "info", {"mail": ["alertname"]}),
        ("Chat", "warning", {"chat": ["severity"]}),
    ],
)
def test_routes(running: Running, alert: str, severity: str, told: dict[str, list[str]]) -> None:
    """A severity leads to its receiver, in a group by that route's labels, and to no other."""
    running.fire({"alertname": alert, "severity": severity})
    assert running.told(alert) == told


def test_inhibited(running: Running) -> None:
    """An alert that another one inhibits is shown as such, with the other's name, and nobody is told of it."""
    slow = running.inhibit()
    assert running.shows(Suppression("Slow", by="Down")) == [
        {"labels": slow, "state": "suppressed", "inhibited": ["Down"], "silenced": False}
    ]
    # Both are of one group: when it is told of the one, it would have been of the other.
    running.told("Free")
    assert not running.webhook.has("Slow", "firing", 0)
    assert not Suppression("Free", by="Down").holds(running.api.alerts())


def test_suppressed(running: Running) -> None:
    """What is suppressed, and what is not in time, is kept as Alertmanager shows it in the end."""
    running.inhibit()
    running.shows(Suppression("Slow", by="Down"))
    watch = SuppressionProbe("down", 1.0, running.api, lambda: None, seconds=0.0, group_seconds=0.0)
    slow, free = await_suppressed([Suppression("Slow", by="Down"), Suppression("Free", by="Down")], watch)
    assert ((slow.alert, slow.phase, slow.by, slow.start), [one["inhibited"] for one in slow.seen]) == (
        ("Slow", "down", "Down", 1.0),
        [["Down"]],
    )
    assert [(one["state"], one["inhibited"]) for one in free.seen] == [("active", [])]


def test_silenced(running: Running) -> None:
    """A silence holds an alert back, is shown with it, and when it has ended the alert is told of."""
    silence = running.api.silence([matcher('alertname=~"Quiet.*"'), matcher("severity!=critical")])
    quiet = {"alertname": "QuietOne", "severity": "info"}
    running.fire(quiet)
    assert running.shows(Suppression("QuietOne", silence=silence)) == [
        {"labels": quiet, "state": "suppressed", "inhibited": [], "silenced": True}
    ]
    assert not running.webhook.has("QuietOne", "firing", 0)
    running.api.expire(silence)
    assert running.told("QuietOne") == {"mail": ["alertname"]}
