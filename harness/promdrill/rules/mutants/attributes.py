"""Ways to break a rule beside its expression. Each takes the rule and returns what stands in its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promdrill.durations import notation, seconds
from promdrill.rules.mutants.tree import InapplicableError, threshold

if TYPE_CHECKING:
    from promdrill.rules.mutants.setting import Setting
    from promdrill.rules.rulefile import Rule

# Longer than any drill, whatever the factor.
WEEKS = "4w"
LABEL = re.compile(r"\$labels\.(\w+)")

Rules = tuple["Rule", ...]


def for_times_10(rule: Rule, setting: Setting) -> Rules:
    """Its `for` is ten times as long."""
    held = 10 * seconds(rule.for_) / setting.factor
    if held < setting.patience:
        raise InapplicableError(
            f"ten times its `for` is {held:.2g} s of the drill, but its phase can last {setting.patience:.2g} s"
        )
    return (_change(rule, for_=notation(10 * seconds(rule.for_))),)


def for_divided_by_10(rule: Rule, setting: Setting) -> Rules:
    """Its `for` is a tenth."""
    setting.for_seconds(rule)
    return (_change(rule, for_=notation(seconds(rule.for_) / 10)),)


def for_lost(rule: Rule, setting: Setting) -> Rules:
    """It has no `for`."""
    setting.for_seconds(rule)
    return (_change(rule, for_="0s"),)


def fires_on(rule: Rule, _setting: Setting) -> Rules:
    """It keeps firing for four weeks (`keep_firing_for`)."""
    return (_change(rule, keep_firing_for=WEEKS),)


def severity_changed(rule: Rule, setting: Setting) -> Rules:
    """Its severity is another."""
    other = "info" if setting.promised.severity == "critical" else "critical"
    return (_change(rule, labels={**rule.labels, "severity": other}),)


def severity_lost(rule: Rule, _setting: Setting) -> Rules:
    """It has no severity."""
    return (_change(rule, labels={name: text for name, text in rule.labels.items() if name != "severity"}),)


def value_as_label(rule: Rule, _setting: Setting) -> Rules:
    """A label holds the value, so that with each value it is another alert, and pending anew."""
    limit = threshold(rule.expr)
    if str(limit.op) == "==":
        raise InapplicableError("its value is the same as long as it is active")
    return (_change(rule, labels={**rule.labels, "value": "{{ $value }}"}),)


def alert_renamed(rule: Rule, _setting: Setting) -> Rules:
    """It has another name."""
    return (_change(rule, alert=f"{rule.alert}Renamed"),)


def rule_lost(_rule: Rule, _setting: Setting) -> Rules:
    """The rule is gone."""
    return ()


def duplicated_without_for(rule: Rule, setting: Setting) -> Rules:
    """The rule is there twice, the second time without `for`."""
    setting.for_seconds(rule)
    return (rule, _change(rule, for_="0s"))


def evaluated_in_weeks(rule: Rule, _setting: Setting) -> Rules:
    """Its group is evaluated every four weeks."""
    return (_change(rule, group=f"{rule.group} {rule.alert}", interval=WEEKS),)


def annotation_emptied(rule: Rule, setting: Setting) -> Rules:
    """A documented annotation is empty."""
    return (_annotate(rule, setting.annotation(), ""),)


def annotation_lost(rule: Rule, setting: Setting) -> Rules:
    """A documented annotation is gone."""
    lost = setting.annotation()
    return (_change(rule, annotations={name: text for name, text in rule.annotations.items() if name != lost}),)


def template_label_misspelt(rule: Rule, setting: Setting) -> Rules:
    """A documented annotation shows a label that the alert does not have."""
    name = setting.annotation("$labels.")
    return (_annotate(rule, name, LABEL.sub(r"$labels.\1_misspelt", rule.annotations[name])),)


def template_braces_lost(rule: Rule, setting: Setting) -> Rules:
    """A documented annotation has one brace for two, and its template stays as it is."""
    name = setting.annotation("{{")
    return (_annotate(rule, name, rule.annotations[name].replace("{{", "{").replace("}}", "}")),)


def _annotate(rule: Rule, name: str, text: str) -> Rule:
    return _change(rule, annotations={**rule.annotations, name: text})


def _change(rule: Rule, **changes: object) -> Rule:
    return rule.model_copy(update=changes)


def recording_lost(_rule: Rule, _setting: Setting) -> Rules:
    """A recording rule that it reads is gone."""
    return ()


def recording_renamed(rule: Rule, _setting: Setting) -> Rules:
    """A recording rule that it reads writes another name."""
    return (_change(rule, record=f"{rule.record}_renamed"),)


def recording_label_changed(rule: Rule, _setting: Setting) -> Rules:
    """A recording rule that it reads writes another label value."""
    if not rule.labels:
        raise InapplicableError("no recording rule that it reads sets a label")
    name, text = next(iter(rule.labels.items()))
    return (_change(rule, labels={**rule.labels, name: f"{text}_changed"}),)


def recording_labels_lost(rule: Rule, _setting: Setting) -> Rules:
    """A recording rule that it reads sets none of its labels."""
    if not rule.labels:
        raise InapplicableError("no recording rule that it reads sets a label")
    return (_change(rule, labels={}),)


ATTRIBUTES = (
    for_times_10,
    for_divided_by_10,
    for_lost,
    fires_on,
    severity_changed,
    severity_lost,
    value_as_label,
    alert_renamed,
    rule_lost,
    duplicated_without_for,
    evaluated_in_weeks,
    annotation_emptied,
    annotation_lost,
    template_label_misspelt,
    template_braces_lost,
)
RECORDINGS = (recording_lost, recording_renamed, recording_label_changed, recording_labels_lost)
