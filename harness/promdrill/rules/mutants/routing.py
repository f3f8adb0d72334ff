"""Ways to break the delivery of alerts: each changes Alertmanager's configuration, as read from YAML."""

from __future__ import annotations

import copy
from typing import Any

from promdrill.rules.mutants.tree import InapplicableError

Routing = dict[str, Any]
ALWAYS = "always"


def sent_nowhere(routing: Routing, alert: str) -> Routing:
    """Alertmanager routes it to a receiver that tells nobody."""
    receiver = {"name": "nowhere"}
    return _add_route({**routing, "receivers": [*routing["receivers"], receiver]}, alert, receiver="nowhere")


def sent_elsewhere(routing: Routing, alert: str) -> Routing:
    """Alertmanager routes it to another receiver."""
    receiver = {"name": "elsewhere", "webhook_configs": [{"url": "http://localhost/elsewhere"}]}
    return _add_route({**routing, "receivers": [*routing["receivers"], receiver]}, alert, receiver="elsewhere")


def muted(routing: Routing, alert: str) -> Routing:
    """Alertmanager mutes it at all times."""
    intervals = [*routing.get("time_intervals", ()), {"name": ALWAYS, "time_intervals": [{}]}]
    return _add_route({**routing, "time_intervals": intervals}, alert, mute_time_intervals=[ALWAYS])


def _add_route(routing: Routing, alert: str, **route: object) -> Routing:
    """Put a route for one alert before all others."""
    first = {"matchers": [f'alertname="{alert}"'], **route}
    root = routing["route"]
    return {**routing, "route": {**root, "routes": [first, *root.get("routes", ())]}}


def routes_lost(routing: Routing, _alert: str) -> Routing:
    """Alertmanager's routes are gone, and all goes to its root's receiver."""
    if not routing["route"].get("routes"):
        raise InapplicableError("Alertmanager's configuration has no routes below its root")
    return {**routing, "route": {name: value for name, value in routing["route"].items() if name != "routes"}}


def resolved_unsent(routing: Routing, _alert: str) -> Routing:
    """No receiver is told that an alert has resolved (`send_resolved`)."""
    changed = copy.deepcopy(routing)
    for receiver in changed["receivers"]:
        for integrations in (value for value in receiver.values() if isinstance(value, list)):
            for integration in integrations:
                integration["send_resolved"] = False
    return changed


def inhibition_lost(routing: Routing, _alert: str) -> Routing:
    """Alertmanager's inhibitions are gone: what a service that is down makes fire is told as well."""
    if not routing.get("inhibit_rules"):
        raise InapplicableError("Alertmanager's configuration has no inhibit_rules")
    return {name: value for name, value in routing.items() if name != "inhibit_rules"}


def grouped_apart(routing: Routing, _alert: str) -> Routing:
    """Alertmanager groups by all labels: each instance of an alert has a notification of its own."""
    return {**routing, "route": _apart(routing["route"])}


def _apart(route: Routing) -> Routing:
    below = {"routes": [_apart(one) for one in route["routes"]]} if route.get("routes") else {}
    return {**route, "group_by": ["..."], **below}


# What nobody notices where no receiver is promised.
OF_RECEIVERS = frozenset({sent_elsewhere.__name__, routes_lost.__name__})
# Of one alert, and of all at once.
ROUTED = (sent_nowhere, sent_elsewhere, muted)
EVERYWHERE = (routes_lost, resolved_unsent, inhibition_lost, grouped_apart)
