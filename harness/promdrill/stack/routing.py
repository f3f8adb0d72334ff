"""Alertmanager's configuration in a drill: a system's own, its receivers webhooks of ours, its times compressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from promdrill.contract.routing import DEFAULTS
from promdrill.durations import notation, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

# What is carried over as it is. Not so `global` and `templates`: they serve the integrations that are replaced.
KEPT = ("inhibit_rules", "mute_time_intervals", "time_intervals")
# The integrations that say nothing of a resolved alert where they are not told to.
SILENT_ON_RESOLVED = frozenset({"email_configs", "rocketchat_configs", "slack_configs", "wechat_configs"})


def drill_routing(routing: Mapping[str, Any], factor: float, webhook: str) -> dict[str, Any]:
    """Return a configuration whose receivers are webhooks below a URL, and whose times are divided by a factor.

    Routes, inhibitions and the intervals in which routes are mute are carried over. A receiver without integrations
    goes on telling nobody.
    """
    return {
        "route": _compress({**DEFAULTS, **routing["route"]}, factor),
        "receivers": [_receiver(receiver, webhook) for receiver in routing["receivers"]],
        **{key: routing[key] for key in KEPT if key in routing},
    }


def _compress(route: Mapping[str, Any], factor: float) -> dict[str, Any]:
    times = {key: notation(seconds(route[key]) / factor) for key in DEFAULTS if key in route}
    below = {"routes": [_compress(one, factor) for one in route["routes"]]} if route.get("routes") else {}
    return {**route, **times, **below}


def _receiver(receiver: Mapping[str, Any], webhook: str) -> dict[str, Any]:
    name = receiver["name"]
    resolved = [
        bool((integration or {}).get("send_resolved", kind not in SILENT_ON_RESOLVED))
        for kind, integrations in receiver.items()
        if isinstance(integrations, list)
        for integration in integrations
    ]
    url = f"{webhook}/{quote(name, safe='')}"
    return {"name": name} | ({"webhook_configs": [{"url": url, "send_resolved": any(resolved)}]} if resolved else {})
