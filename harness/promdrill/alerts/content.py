"""What arrived of an alert: at whom, in which group, and with what in it, held against contract, rule and routing."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from promdrill.alerts.deadlines import EVALUATIONS
from promdrill.alerts.delivery import notifications
from promdrill.alerts.states import state_intervals
from promdrill.contract.routing import ALL_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.alerts.delivery import Notification
    from promdrill.alerts.states import Interval
    from promdrill.contract.records import Alert
    from promdrill.evidence import Evidence

UNRENDERED = re.compile(r"\{\{|<no value>|<error |\$(?:value|labels)\b")
ROUTE = "look at the route in alertmanager.yml"


class Defect(NamedTuple):
    """What is wrong with an alert: said of it, what to do, what was expected and what was seen.

    `doubt` is what else can have made it so, where something can.
    """

    message: str
    remedy: str
    expected: Any
    seen: Any
    doubt: str = ""


def delivery_problems(name: str, promised: Alert, evidence: Evidence) -> Iterator[Defect]:
    """Yield what is wrong with what receivers were told of an alert that has fired, the first cause first."""
    told = notifications(evidence, name, "firing")
    whom = " and ".join(promised.receiver)
    if not told:
        yield Defect(
            f"fired, and its receiver {whom} was not notified" if whom else "fired, and no receiver was notified",
            f"{ROUTE}, and at its inhibit_rules and mute times",
            whom or "a notification",
            None,
        )
        return
    reached = list(dict.fromkeys(one.receiver for one in told))
    if promised.receiver and set(reached) != set(promised.receiver):
        yield Defect(f"notified {' and '.join(reached)}; the documents say {whom}", ROUTE, whom, ", ".join(reached))
    for one in told:
        yield from _grouping_defects(one, evidence)
    rule = evidence.scenario.alerting_rule(name)
    for instance in told[0].instances:
        yield from _other_labels(instance, promised, rule.labels)
        yield from _other_annotations(instance, promised)
        yield from _other_link(instance)
    for one in (*told, *notifications(evidence, name, "resolved")):
        yield from _time_defects(one, state_intervals(evidence, name).firing, evidence)


def _grouping_defects(one: Notification, evidence: Evidence) -> Iterator[Defect]:
    """A notification holds one group, by the labels that a route to its receiver says."""
    group = dict(one.payload["groupLabels"])
    labels = one.instances[0]["labels"]
    # A label that the alert does not have is no part of the group's name.
    ways = [
        sorted(labels if ALL_LABELS in by else set(by) & set(labels))
        for by in evidence.scenario.routing.group_bys(one.receiver)
    ]
    strange = [label for label, value in group.items() if any(i["labels"].get(label) != value for i in one.instances)]
    if ways and (sorted(group) not in ways or strange):
        said = " or ".join(f"by {', '.join(way) or 'nothing'}" for way in ways)
        yield Defect(
            f"arrived in a group by {', '.join(sorted(group)) or 'nothing'}; alertmanager.yml groups {said}",
            "look at group_by of its route",
            said,
            group,
        )


def _other_labels(instance: Mapping[str, Any], promised: Alert, labels: Mapping[str, str]) -> Iterator[Defect]:
    severity = instance["labels"].get("severity")
    if severity != promised.severity:
        yield Defect(
            f"arrived with severity {severity!r}; the documents say {promised.severity!r}",
            "set the label in the rule",
            promised.severity,
            severity,
        )
    for key, template in labels.items():
        value = instance["labels"].get(key, "")
        if not _renders(template, value):
            yield Defect(
                f"arrived with the label {key} {value!r}, its rule has {template!r}",
                "look at the labels of the rule, and at relabelling between Prometheus and Alertmanager",
                template,
                value,
            )


def _other_annotations(instance: Mapping[str, Any], promised: Alert) -> Iterator[Defect]:
    for key, template in promised.annotations.items():
        text = instance["annotations"].get(key, "")
        if not _renders(template, text):
            yield Defect(
                f"arrived with the {key} {text!r}; the documents say {template!r}",
                "fix the template: it can only use labels of the expression's result",
                template,
                text,
            )


def _other_link(instance: Mapping[str, Any]) -> Iterator[Defect]:
    link = instance.get("generatorURL", "")
    if not re.match(r"https?://\S+/graph\?\S*g0\.expr=\S", link):
        yield Defect(
            f"arrived with the link {link!r}, which does not lead to its expression in Prometheus",
            "look at --web.external-url of Prometheus",
            "a link",
            link,
        )


def _time_defects(one: Notification, firing: tuple[Interval, ...], evidence: Evidence) -> Iterator[Defect]:
    """An alert starts when it begins to fire, and ends after that and not in the future."""
    slack = EVALUATIONS * evidence.run.evaluation_interval
    start = evidence.run.phases[0].start
    for instance in one.instances:
        starts, ends = _epoch(instance["startsAt"]), _epoch(instance["endsAt"])
        if not any(span.start - slack <= starts <= span.end + slack for span in firing) or starts > one.at:
            yield Defect(
                f"arrived with the start {starts - start:.1f} s, but fired from {firing[0].start - start:.1f} s on",
                "look at the clocks of Prometheus and Alertmanager",
                round(firing[0].start - start, 2),
                round(starts - start, 2),
            )
        if instance["status"] == "resolved" and not starts <= ends <= one.at:
            yield Defect(
                f"arrived at {one.at - start:.1f} s"
                f" with the end {ends - start:.1f} s and the start {starts - start:.1f} s",
                "look at the clocks of Prometheus and Alertmanager",
                "an end between the two",
                round(ends - start, 2),
            )


def _epoch(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


def _renders(template: str, text: str) -> bool:
    """Tell whether a text is a rendering of a template, with nothing left in it that was to be rendered."""
    return not UNRENDERED.search(text) and bool(_rendering(template).fullmatch(text))


def _rendering(template: str) -> re.Pattern[str]:
    """Return a pattern that every rendering of a template matches: its literal text, and something for each action."""
    return re.compile("(?s)" + ".+".join(re.escape(part) for part in re.split(r"\{\{.*?\}\}", template)))
