from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract.records import Alert
from promdrill.rules.mutants import TRANSFORMATIONS, InapplicableError
from promdrill.rules.mutants.setting import Setting
from promdrill.rules.mutants.table import Target, replacements
from promdrill.rules.rulefile import Rule

if TYPE_CHECKING:
    from promdrill.rules.mutants.table import Transformation

RATIO = 'sum(rate(failures_total{code=~"5..", job="app"}[5m])) / sum(rate(calls_total[5m])) > 0.05'
SHARE = "rate(failures_total[5m]) / rate(calls_total[5m]) > 0.05"
CACHE = "hits / looks < 50 and looks > 10"
EITHER = "absent(up) or up == 0"
P95 = "histogram_quantile(0.95, sum by (le) (rate(seconds_bucket[5m]))) >= 30"
EXPRESSIONS = [
    ("threshold_times_10", "x > 0.05", "x{} > 0.5"),
    ("threshold_times_10", "1e9 > x", "10000000000 > x{}"),
    ("threshold_times_10", CACHE, "(hits{} / looks{} < 500) and  looks{} > 10"),
    ("threshold_times_10", "x > 0", "ten times zero is zero"),
    ("threshold_times_10", "x > y", "its expression compares with no number"),
    ("threshold_divided_by_10", "x < -1", "x{} < -0.1"),
    ("comparison_reversed", "x > bool 1", "x{} < bool 1"),
    ("comparison_reversed", "x == 0", "x{} != 0"),
    ("comparison_reversed", "absent(x)", "its expression compares with no number"),
    ("comparison_lost", "rate(x[5m]) > 1", "rate(x{}[5m])"),
    ("comparison_lost", "1 < x", "x{}"),
    ("comparison_bool", "x > 1", "x{} > bool 1"),
    ("comparison_bool", "x > bool 1", "its comparison has bool"),
    ("or_for_and", CACHE, "hits{} / looks{} < 50 or  looks{} > 10"),
    ("or_for_and", EITHER, "it has no `and`"),
    ("and_for_or", EITHER, "absent(up{}) and  up{} == 0"),
    ("and_for_or", CACHE, "it has no `or`"),
    ("branch_lost", EITHER, "absent(up{})"),
    ("branch_lost", "x unless y > 1", "x{}"),
    ("branch_lost", "x > 1", "it has no `and`, `or` or `unless`"),
    ("fallback_added", "x > 1 # often", "(x{} > 1) or vector(0)"),
    ("absent_lost", EITHER, "up{} or  up{} == 0"),
    ("absent_lost", "up == 0", "it has no absent()"),
    ("metric_misspelt", SHARE, "rate(failures_total_misspelt{}[5m]) / rate(calls_total{}[5m]) > 0.05"),
    ("metric_misspelt", '{job="app"} > 1', "it names no metric"),
    ("matcher_lost", RATIO, "sum(rate(failures_total{}[5m])) / sum(rate(calls_total{}[5m])) > 0.05"),
    ("matcher_lost", SHARE, "it has no label matchers"),
    (
        "matcher_misspelt",
        RATIO,
        'sum(rate(failures_total{code="5.._misspelt",job="app"}[5m])) / sum(rate(calls_total{}[5m])) > 0.05',
    ),
    ("matcher_misspelt", 'x{a!="b"} > 1', "it has no label matchers"),
    ("aggregation_lost", "sum by (a) (x) / sum(y) > 1", "(x{}) / sum(y{}) > 1"),
    ("aggregation_lost", "topk(3, x) > 1", "it aggregates nothing"),
    ("grouping_lost", "sum(x) / sum by (a) (y) > 1", "sum(x{}) / sum(y{}) > 1"),
    ("grouping_lost", "sum(x) > 1", "no aggregation in it has labels"),
    ("join_mismatched", "x / y > 1", '(x{} / label_replace(y{}, "mismatch", "1", "", "")) > 1'),
    ("join_mismatched", "x * 8 and y > 1", 'x{} * 8 and  label_replace(y{} > 1, "mismatch", "1", "", "")'),
    ("join_mismatched", "x / on (a) y > 1", "it joins no series with others by all their labels"),
    ("join_mismatched", "x > 1 or y > 2", "it joins no series with others by all their labels"),
    ("operands_swapped", "(x + z) / y > 1", "(y{} / (x{} + z{})) > 1"),
    ("operands_swapped", "x / on (a) group_left () y > 1", "it divides no series by others"),
    ("operands_swapped", "x / 8 > scalar(y)", "it divides no series by others"),
    ("divisor_lost", "100 * (x / y) > 1", "100 * ((x{})) > 1"),
    ("divisor_lost", "x > 1", "it divides no series by others"),
    ("window_of_one_scrape", "rate(x[5m]) + rate(y[1h]) > 1", "rate(x[15s]) + rate(y[3m]) > 1"),
    ("window_of_one_scrape", "x > 1", "it has no window"),
    ("offset_added", SHARE, "rate(failures_total{}[5m] offset 4w) / rate(calls_total{}[5m] offset 4w) > 0.05"),
    ("offset_added", "x offset 5m > y", "x{} offset 5m > y{} offset 4w"),
    ("offset_added", "x offset 5m > 1", "all that it selects has an offset or @"),
    ("increase_for_rate", SHARE, "increase(failures_total{}[5m]) / rate(calls_total{}[5m]) > 0.05"),
    ("increase_for_rate", P95, "histogram_quantile() is the same of rate() and of increase()"),
    ("increase_for_rate", "rate(x[5m]) == 0", "a rate is zero where an increase is"),
    ("rate_for_increase", "increase(x[5m]) > 5", "rate(x{}[5m]) > 5"),
    ("rate_for_increase", SHARE, "it has no increase()"),
    ("rate_lost", "sum(rate(x[5m])) > 1", "sum(x{}) > 1"),
    ("rate_lost", "rate(x[5m:1m]) > 1", "it has no rate"),
    ("median_for_quantile", P95, "histogram_quantile(0.5, sum by (le)(rate(seconds_bucket{}[5m]))) >= 30"),
    ("median_for_quantile", P95.replace("0.95", "0.5"), "it has no quantile above the median"),
    ("comparison_lost", 'x{a=~"\\\\d"} > 1', "promql-parser cannot write its expression"),
    ("comparison_lost", "rate(x[250ms]) > 1", "promql-parser cannot write its expression"),
    ("comparison_lost", "max_over_time(x[5m:]) > 1", "promql-parser cannot write its expression"),
    (
        "comparison_lost",
        "holt_winters(x[5m], 0.5, 0.5) > 1",
        "promql-parser does not know its PromQL: unknown function with name 'holt_winters'",
    ),
]
ANNOTATIONS = {"summary": "{{ $value }} of {{ $labels.model }} fail", "more": "no template"}
PROMISED = Alert.model_validate(
    {"expr": SHARE, "for": "5m", "severity": "critical", "annotations": ANNOTATIONS, "phase": "down", "source": "doc:1"}
)
SETTING = Setting("High", PROMISED, 60.0, 0.25, 30.0)


def rule(**given: object) -> Rule:
    """Return the alert's rule, with some of it changed."""
    whole = {"file": "a.yml", "group": "g", "alert": "High", "expr": SHARE, "for": "5m", "annotations": ANNOTATIONS}
    return Rule.model_validate({**whole, "labels": {"severity": "critical", "team": "a"}, **given})


def recording(name: str, expr: str, **labels: str) -> Rule:
    """Return a recording rule."""
    return Rule.model_validate({"file": "r.yml", "group": "g", "record": name, "expr": expr, "labels": labels})


def changed(name: str, *rules: Rule, setting: Setting = SETTING) -> list[tuple[Rule, ...]] | str:
    """Return what stands in the place of each rule, or why the transformation does not apply."""
    try:
        found = replacements(TRANSFORMATIONS[name], rules, setting)
    except InapplicableError as error:
        return str(error)
    return [found.get(place, (one,)) for place, one in enumerate(rules)]


@pytest.mark.parametrize(("name", "expr", "expected"), EXPRESSIONS)
def test_expression(name: str, expr: str, expected: str) -> None:
    """A transformation changes an expression in one place and leaves the rest of the rule, or says why not."""
    found = changed(name, rule(expr=expr))
    assert found == (expected if isinstance(found, str) else [(rule(expr=expected),)])


FEED = (
    recording("quantiles", "histogram_quantile(0.95, rate(x_bucket[5m]))", quantile="0.95"),
    recording("quantiles", "histogram_quantile(0.99, rate(x_bucket[5m]))", quantile="0.99"),
    recording("other", "rate(y[5m])"),
)
READER = rule(expr='quantiles{quantile="0.95"} > 30')


def test_expression_of_what_it_reads() -> None:
    """Where the alert's own expression has no such place, the recording rules that it reads are changed."""
    median = recording("quantiles", "histogram_quantile(0.5, rate(x_bucket{}[5m]))", quantile="0.95")
    assert changed("median_for_quantile", *FEED, READER) == [(median,), (FEED[1],), (FEED[2],), (READER,)]
    assert changed("divisor_lost", *FEED, READER) == "it divides no series by others"
    chain = (recording("mean", "avg_over_time(other[1h])"), FEED[2], rule(expr="mean > 1"))
    short = (recording("mean", "avg_over_time(other[3m])"), recording("other", "rate(y[15s])"))
    assert changed("window_of_one_scrape", *chain) == [(short[0],), (short[1],), (chain[2],)]


LABELS = {"severity": "critical", "team": "a"}
ATTRIBUTES: dict[str, list[Rule]] = {
    "for_times_10": [rule(**{"for": "50m"})],
    "for_divided_by_10": [rule(**{"for": "30s"})],
    "for_lost": [rule(**{"for": "0s"})],
    "fires_on": [rule(keep_firing_for="4w")],
    "severity_changed": [rule(labels={**LABELS, "severity": "info"})],
    "severity_lost": [rule(labels={"team": "a"})],
    "value_as_label": [rule(labels={**LABELS, "value": "{{ $value }}"})],
    "alert_renamed": [rule(alert="HighRenamed")],
    "rule_lost": [],
    "duplicated_without_for": [rule(), rule(**{"for": "0s"})],
    "evaluated_in_weeks": [rule(group="g High", interval="4w")],
    "annotation_emptied": [rule(annotations={**ANNOTATIONS, "summary": ""})],
    "annotation_lost": [rule(annotations={"more": "no template"})],
    "template_label_misspelt": [
        rule(annotations={**ANNOTATIONS, "summary": "{{ $value }} of {{ $labels.model_misspelt }} fail"})
    ],
    "template_braces_lost": [rule(annotations={**ANNOTATIONS, "summary": "{ $value } of { $labels.model } fail"})],
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_rule(name: str) -> None:
    """A transformation changes what it says of the alert's rule, and no other rule."""
    other = rule(alert="Other")
    assert changed(name, other, rule()) == [(other,), tuple(ATTRIBUTES[name])]


SHORT = "its `for` lasts 0.33 s of the drill, too short to notice"
PLAIN = Setting("High", PROMISED.model_copy(update={"annotations": {"more": "no template"}}), 60.0, 0.25, 30.0)
BARE = Setting("High", PROMISED.model_copy(update={"annotations": {}}), 60.0, 0.25, 30.0)
PATIENT = Setting("High", PROMISED, 60.0, 0.25, 51.0)
INAPPLICABLE = [
    ("for_times_10", rule(), PATIENT, "ten times its `for` is 50 s of the drill, but its phase can last 51 s"),
    ("for_divided_by_10", rule(**{"for": "20s"}), SETTING, SHORT),
    ("for_lost", rule(**{"for": "20s"}), SETTING, SHORT),
    ("duplicated_without_for", rule(**{"for": "20s"}), SETTING, SHORT),
    ("value_as_label", rule(expr="up == 0"), SETTING, "its value is the same as long as it is active"),
    ("annotation_emptied", rule(), BARE, "the contract promises no annotation of it"),
    ("annotation_lost", rule(), BARE, "the contract promises no annotation of it"),
    ("template_label_misspelt", rule(), PLAIN, "the contract promises no annotation with '$labels.'"),
    ("template_braces_lost", rule(), PLAIN, "the contract promises no annotation with '{{'"),
]


@pytest.mark.parametrize(("name", "one", "setting", "reason"), INAPPLICABLE)
def test_inapplicable(name: str, one: Rule, setting: Setting, reason: str) -> None:
    """What no drill could tell from the documented rule is not offered, and why is said."""
    assert changed(name, one, setting=setting) == reason


def test_recordings() -> None:
    """The recording rules that an alert reads are changed, and no others; without any, the reason is said."""
    first = FEED[0]
    rest = [(FEED[1],), (FEED[2],), (READER,)]
    renamed = first.model_copy(update={"record": "quantiles_renamed"})
    assert changed("recording_lost", *FEED, READER) == [(), *rest]
    assert changed("recording_renamed", *FEED, READER) == [(renamed,), *rest]
    relabelled = first.model_copy(update={"labels": {"quantile": "0.95_changed"}})
    assert changed("recording_label_changed", *FEED, READER) == [(relabelled,), *rest]
    assert changed("recording_labels_lost", *FEED, READER) == [(first.model_copy(update={"labels": {}}),), *rest]
    bare = (FEED[2], rule(expr="other > 1"))
    for name in ("recording_label_changed", "recording_labels_lost"):
        assert changed(name, *bare) == "no recording rule that it reads sets a label"
    for name in ("recording_lost", "recording_renamed"):
        assert changed(name, *FEED, rule()) == "it reads no recording rule"


WEBHOOK = {"url": "http://127.0.0.1:1/", "send_resolved": True}
ELSEWHERE = {"url": "http://localhost/elsewhere"}
ROUTING = {
    "route": {"receiver": "drill", "group_by": ["alertname"]},
    "receivers": [{"name": "drill", "webhook_configs": [WEBHOOK]}, {"name": "none"}],
}
BY_SEVERITY = {"receiver": "drill", "matchers": ['severity="info"']}
ROUTED = {**ROUTING, "route": {**ROUTING["route"], "routes": [BY_SEVERITY]}}  # type: ignore[dict-item]  # a mapping
TO_HIGH = {"matchers": ['alertname="High"']}


@pytest.mark.parametrize(
    ("name", "first", "more"),
    [
        (
            "sent_nowhere",
            {**TO_HIGH, "receiver": "nowhere"},
            {"receivers": [*ROUTING["receivers"], {"name": "nowhere"}]},
        ),
        (
            "sent_elsewhere",
            {**TO_HIGH, "receiver": "elsewhere"},
            {"receivers": [*ROUTING["receivers"], {"name": "elsewhere", "webhook_configs": [ELSEWHERE]}]},
        ),
        (
            "muted",
            {**TO_HIGH, "mute_time_intervals": ["always"]},
            {"time_intervals": [{"name": "always", "time_intervals": [{}]}]},
        ),
    ],
)
def test_route(name: str, first: dict[str, object], more: dict[str, object]) -> None:
    """A route for the one alert stands before all others; what was there stays."""
    expected = {**ROUTED, "route": {**ROUTED["route"], "routes": [first, BY_SEVERITY]}, **more}  # type: ignore[dict-item]
    assert TRANSFORMATIONS[name].change(ROUTED, "High") == expected


def test_routing() -> None:
    """What changes the delivery of all alerts changes nothing else; without routes there are none to lose."""
    untold = {"name": "drill", "webhook_configs": [{**WEBHOOK, "send_resolved": False}]}
    assert TRANSFORMATIONS["resolved_unsent"].change(ROUTING, "") == {
        **ROUTING,
        "receivers": [untold, {"name": "none"}],
    }
    assert WEBHOOK["send_resolved"] is True
    assert TRANSFORMATIONS["routes_lost"].change(ROUTED, "") == ROUTING
    with pytest.raises(InapplicableError, match="has no routes below its root"):
        TRANSFORMATIONS["routes_lost"].change(ROUTING, "")
    inhibited = {**ROUTING, "inhibit_rules": [{"equal": ["job"]}]}
    assert TRANSFORMATIONS["inhibition_lost"].change(inhibited, "") == ROUTING
    with pytest.raises(InapplicableError, match="has no inhibit_rules"):
        TRANSFORMATIONS["inhibition_lost"].change(ROUTING, "")
    apart = {"group_by": ["..."]}
    assert TRANSFORMATIONS["grouped_apart"].change(ROUTED, "") == {
        **ROUTED,
        "route": {**ROUTED["route"], **apart, "routes": [{**BY_SEVERITY, **apart}]},  # type: ignore[dict-item]
    }


def test_each_is_tested() -> None:
    """Every transformation of the table has its case here, and every one says in a sentence what is broken."""
    tested: defaultdict[Target, set[str]] = defaultdict(set)
    tested[Target.EXPRESSION] = {name for name, *_ in EXPRESSIONS}
    tested[Target.RULE] = set(ATTRIBUTES)
    tested[Target.RECORDING] = {
        "recording_lost",
        "recording_renamed",
        "recording_label_changed",
        "recording_labels_lost",
    }
    tested[Target.ROUTE] = {"sent_nowhere", "sent_elsewhere", "muted"}
    tested[Target.ROUTING] = {"routes_lost", "resolved_unsent", "inhibition_lost", "grouped_apart"}

    def names(target: Target) -> set[str]:
        return {one.name for one in TRANSFORMATIONS.values() if one.target is target}

    assert {target: names(target) for target in Target} == dict(tested)

    def plain(one: Transformation) -> bool:
        return one.what.endswith(".") and len(one.what) < 100

    assert [one.name for one in TRANSFORMATIONS.values() if not plain(one)] == []


def test_each_is_documented() -> None:
    """The page of mutants has a row for each transformation, in the table's order and words."""
    page = (conventions.ROOT / "docs" / "mutants.md").read_text(encoding="utf-8").partition("## Rule mutants")[2]
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{one.name}` | {one.what} |" for one in TRANSFORMATIONS.values()]
