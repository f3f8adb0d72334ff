from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as promql
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.rules.compress import compress
from promdrill.rules.compressible import OBSTACLES, counting_functions, incompressible, obstacle
from promdrill.rules.rulebook import feeds
from promdrill.rules.rulefile import Rule, read_rules
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = "promtool accepts it, but promql-parser cannot parse it ({})"
CLOCK = "it reads the clock ({}), which no factor can make faster"
CALENDAR = "it reads the calendar ({}), which no factor can make faster"
AHEAD = "it looks ahead by literal seconds (predict_linear()), which are not divided"
SAMPLES = "its factors ({}) weigh sample by sample, and a compressed window has other samples"


def rule(**given: object) -> Rule:
    """Return a rule of one group."""
    return Rule.model_validate({"file": "a.yml", "group": "g", **given})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("time() - last_success_timestamp_seconds > 3600", CLOCK.format("time()")),
        ("max by (job) (timestamp(up)) < 5", CLOCK.format("timestamp()")),
        ("ts_of_max_over_time(x[5m]) > 1", CLOCK.format("ts_of_max_over_time()")),
        ("rate(x[5m]) > 1 and on () hour() < 8", CALENDAR.format("hour()")),
        ("day_of_week(vector(1)) == 0", CALENDAR.format("day_of_week()")),
        ("predict_linear(free_bytes[1h], 4 * 3600) < 0", AHEAD),
        ("double_exponential_smoothing(x[5m], 0.5, 0.5) > 1", SAMPLES.format("double_exponential_smoothing()")),
        ("holt_winters(x[5m], 0.5, 0.5) > 1", UNKNOWN.format("unknown function with name 'holt_winters'")),
        ("rate(x[1m + 4m]) > 1", UNKNOWN.format("unexpected character inside brackets: '+'")),
        ("x offset inf > 1", UNKNOWN.format("a duration in it is out of range")),
    ],
)
def test_obstacle(text: str, reason: str) -> None:
    """What cannot be compressed is named with the reason."""
    assert obstacle(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "rate(x[5m] offset 1d) / rate(x[5m] @ 1609746000) > 0.1",
        "increase(x[5m]) > 5 and changes(y[1h]) == 0",
        "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) > 60",
        "max_over_time(deriv(x[5m])[1h:1m]) < -1",
        "absent_over_time(x[10m]) or vector(0) == 1",
        'time{a="hour()"} > 1  # since time() began',
        "sum by (time) (hour) > 1",
    ],
)
def test_no_obstacle(text: str) -> None:
    """Windows, offsets, counts and slopes can be compressed; so can a metric, a label and a text of such a name."""
    assert obstacle(text) is None


@given(st.sampled_from(sorted(set(OBSTACLES) - {"holt_winters"})), st.integers(min_value=0, max_value=3))
def test_every_depth(name: str, depth: int) -> None:
    """What cannot be compressed is found however deep it stands."""
    arguments = {"time": "", "predict_linear": "x[1h], 60", "double_exponential_smoothing": "x[1h], 0.1, 0.1"}
    over_range = name.startswith("ts_of_")
    text = f"{name}({arguments.get(name, 'x[1h]' if over_range else 'x')})"
    text = f"vector({text})" if name == "time" else text
    for level in range(depth):
        text = f"sum by (level_{level}) (rate(y[5m]) / ({text}))"
    assert obstacle(text) is not None
    assert name in str(obstacle(text))
    promql.parse(text)


def test_counted() -> None:
    """The functions that count within a window are named, each once; a rate, which is per second, is not."""
    assert counting_functions("increase(x[5m]) + increase(y[5m]) > 5 and rate(z[5m]) > count_over_time(x[1h])") == (
        "increase",
        "count_over_time",
    )
    assert counting_functions("holt_winters(x[5m], 0.5, 0.5)") == ()


RULES = (
    rule(record="job:age", expr="time() - last_success"),
    rule(record="job:age:max", expr="max(job:age)"),
    rule(record="job:rate", expr="rate(x[5m])"),
    rule(alert="Stale", expr="job:age:max > 3600"),
    rule(alert="Fast", expr="job:rate > 1", **{"for": "5m"}),
    rule(alert="Night", expr="job:rate > 1 and on () hour() < 6"),
    rule(alert="Escalated", expr='ALERTS{alertname="Stale", alertstate="firing"} == 1'),
    rule(alert="Any", expr='{__name__=~"job:.+:max"} > 1'),
    rule(alert="Other", expr='ALERTS{alertname!~"Stale|Night|Escalated|Any"} == 1', **{"for": "5m"}),
)


def test_what_reads_it() -> None:
    """What reads a rule that cannot be compressed cannot be either, however many steps away; what it reads can."""
    age = CLOCK.format("time()")
    assert incompressible(RULES) == {
        "job:age": age,
        "Night": CALENDAR.format("hour()"),
        "job:age:max": f"it reads job:age, and of that: {age}",
        "Stale": f"it reads job:age:max, and of that: it reads job:age, and of that: {age}",
        "Any": f"it reads job:age:max, and of that: it reads job:age, and of that: {age}",
        "Escalated": f"it reads Stale, and of that: it reads job:age:max, and of that: it reads job:age,"
        f" and of that: {age}",
    }


def test_left_as_they_are() -> None:
    """Rules that cannot be compressed keep every duration; the others are compressed beside them, in their order."""
    compressed = compress(RULES, 0.25)
    left = dict.fromkeys(incompressible(RULES), 1.0)
    assert (dict(compressed.factors), compressed.uncompressed) == (
        {**left, "job:rate": 60, "Fast": 60, "Other": 60},
        incompressible(RULES),
    )
    (group,) = yaml.safe_load(compressed.files["a.yml"])["groups"]
    written = [(one.get("alert") or one["record"], one["expr"], one.get("for")) for one in group["rules"]]
    times = {"Fast": "5s", "Other": "5s"}
    exprs = {"job:rate": "rate(x[5s])"}
    assert written == [
        (one.name, exprs.get(one.name, one.expr), times.get(one.name, "0s" if one.alert else None)) for one in RULES
    ]


@pytest.mark.parametrize(
    ("expr", "fed"),
    [
        ('quantiles{quantile="0.5"} > 1', True),
        ('quantiles{quantile="0.9"} > 1', False),
        ('quantiles{quantile=~"0[.].", model="a"} > 1', True),
        ('quantiles{quantile!="0.5"} > 1', False),
        ('{quantile="0.5"} > 1', True),
        ('{__name__=~"quan.*", quantile!~"0.9|0.99"} > 1', True),
        (r'quantiles{quantile=~"\\p{Nd}[.]5"} > 1', True),
        ('quantiles{quantile="0.9" or quantile="0.5"} > 1', True),
        ("others > 1", False),
        ("holt_winters(quantiles[5m], 0.5, 0.5)", False),
    ],
)
def test_feeds(expr: str, fed: bool) -> None:  # noqa: FBT001 - a column of the table
    """A rule feeds an expression that selects what it writes, as far as its own labels tell."""
    assert feeds(rule(record="quantiles", expr="x", labels={"quantile": "0.5"}), expr) is fed


@pytest.mark.parametrize("system", bundled_systems())
def test_bundled(system: str) -> None:
    """Every rule of the bundled systems can be compressed."""
    assert incompressible(load_scenario(conventions.SCENARIOS / system).rules) == {}


def test_promtool_judges(tmp_path: Path) -> None:
    """A rule file in a PromQL that promql-parser does not know is read, and nothing in it is called wrong."""
    path = tmp_path / "alert.rules.yml"
    new = {"alert": "New", "expr": "holt_winters(x[5m], 0.5, 0.5) > 1"}
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [new]}]}), encoding="utf-8")
    file = read_yaml(path, path.name)
    assert ([one.rule.name for one in read_rules(path.name, file)], file.problems) == (["New"], [])
