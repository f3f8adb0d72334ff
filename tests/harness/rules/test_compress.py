from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import promql_parser as promql
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.durations import notation
from promdrill.rules.compress import compress, expression, longest_change
from promdrill.rules.compressible import incompressible
from promdrill.rules.promql import windows
from promdrill.rules.rulebook import feeds, reads
from promdrill.rules.rulefile import Rule
from promdrill.stack import binaries

if TYPE_CHECKING:
    from pathlib import Path


def durations(text: str) -> list[int]:
    """Return every range, step and offset of an expression as promql-parser reads it, in milliseconds, in its order."""
    found: list[int] = []

    def note(node: promql.Expr) -> bool:
        values = [getattr(node, name, None) for name in ("range", "step", "offset")]
        found.extend(round(value.total_seconds() * 1000) for value in values if value is not None)
        return True

    promql.walk(promql.parse(text), note)
    return found


def times(low: int = 1) -> st.SearchStrategy[str]:
    """Durations up to a month, in Prometheus' notation."""
    return st.integers(min_value=low, max_value=30 * 86_400_000).map(lambda number: notation(number / 1000))


OFFSETS = st.one_of(
    st.just(""),
    st.tuples(st.sampled_from(["offset ", "offset -", "OFFSET  - "]), times()).map("".join),
    st.just("@ 1609746000"),
    times().map(lambda time: f"@ end() offset {time}"),
)
SELECTORS = st.builds(
    "{}[{}] {}".format,
    st.sampled_from(["x", 'x{a="[5m] offset 5m"}', "x{a='\\'[1m]'}", "offset", 'x{a=~`[0-9]m "`}']),
    times(),
    OFFSETS,
)
RATES = SELECTORS.map("rate({})".format)
SUBQUERIES = st.builds("max_over_time({}[{}:{}] {})".format, RATES, times(), st.one_of(st.just(""), times()), OFFSETS)
EXPRESSIONS = st.lists(st.one_of(RATES, SUBQUERIES), min_size=1, max_size=4).map(
    " # a comment with [5m] and offset 5m\n  + ".join
)
FACTORS = st.floats(min_value=1, max_value=1000, allow_nan=False)


@given(EXPRESSIONS)
def test_by_1(text: str) -> None:
    """Compressed by 1, an expression stays as it is, to the letter."""
    assert expression(text, 1) == text


@given(EXPRESSIONS, FACTORS)
def test_each_duration_once(text: str, factor: float) -> None:
    """Every range, step and offset is divided by the factor, once, rounded to the millisecond and never to nothing."""
    expected = [(1 if time > 0 else -1) * max(1, round(abs(time) / factor)) if time else 0 for time in durations(text)]
    found = durations(expression(text, factor))
    assert len(found) == len(expected)
    assert all(abs(one - other) <= 1 for one, other in zip(found, expected, strict=True))


@given(EXPRESSIONS, FACTORS, FACTORS)
def test_factors_compose(text: str, first: float, second: float) -> None:
    """Compressed by two factors in turn is compressed by their product, but for rounding."""
    in_turn = durations(expression(expression(text, first), second))
    at_once = durations(expression(text, first * second))
    assert all(abs(one - other) <= 1 for one, other in zip(in_turn, at_once, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(x[5m])", "rate(x[1m])"),
        ("rate(x[ 5m : 50s ])", "rate(x[1m:10s])"),
        ("rate(x[5m:])", "rate(x[1m:])"),
        ("x offset -5m", "x offset -1m"),
        ("x OFFSET - 5m", "x OFFSET - 1m"),
        ("rate(x[300])", "rate(x[1m])"),
        ("x offset 0.5", "x offset 100ms"),
        ('x{a="[5m]"} @ 5 # [5m]', 'x{a="[5m]"} @ 5 # [5m]'),
        ("sum by (offset) (x) > 5", "sum by (offset) (x) > 5"),
        ('label_replace(x, "a", "offset 5m", "b", "[5m]")', 'label_replace(x, "a", "offset 5m", "b", "[5m]")'),
    ],
)
def test_only_durations(text: str, expected: str) -> None:
    """Only durations change: no text, no comment, no number, no @, and no label of such a name."""
    assert expression(text, 5) == expected


def test_windows_and_names() -> None:
    """The windows of an expression are its ranges and those of its subqueries; the names are those that it selects."""
    text = "max_over_time(rate(x[5m])[1h:30s]) / y offset 1d"
    assert (windows(text), reads(text)) == ([3600.0, 300.0], {"x", "y"})


def alert(name: str, expr: str, **more: str) -> Rule:
    """Return an alerting rule."""
    return Rule.model_validate({"file": "a.yml", "group": "g", "alert": name, "expr": expr, **more})


def record(name: str, expr: str, **more: object) -> Rule:
    """Return a recording rule."""
    return Rule.model_validate({"file": "r.yml", "group": "g", "record": name, "expr": expr, **more})


def test_families_share_a_factor() -> None:
    """Rules that feed each other, however many steps apart, have one factor, set by their longest window."""
    rules = [
        record("a:rate", "rate(x[10m])"),
        alert("A", "b:mean > 1", **{"for": "1h"}),
        record("b:mean", "avg_over_time(a:rate[1h])"),
        alert("Other", "rate(y[5m]) > 1"),
        record("quantiles", "rate(z[1h])", labels={"quantile": "0.5"}),
        record("quantiles", "rate(z[2h])", labels={"quantile": "0.9"}),
    ]
    assert compress(rules, 1).factors == {"a:rate": 180, "A": 180, "b:mean": 180, "Other": 15, "quantiles": 360}


@given(st.lists(times(), min_size=1, max_size=3), st.sampled_from([0.1, 0.25, 1.0]))
def test_window_holds_enough_scrapes(ranges: list[str], scrape_interval: float) -> None:
    """The longest window of a family still holds 16 scrapes, or what it held without being compressed."""
    text = " + ".join(f"rate(x[{one}])" for one in ranges)
    longest = max(windows(text))
    compressed = longest / compress([alert("A", text)], scrape_interval).factors["A"]
    assert compressed >= min(longest, 16 * scrape_interval)
    assert compressed <= longest


def test_rule_without_a_window() -> None:
    """An alert without any window is compressed so that its `for` lasts as long as a window would; at least by 1."""
    rules = [alert("A", "x > 1", **{"for": "5m"}), alert("B", "y > 1")]
    assert compress(rules, 0.25).factors == {"A": 60, "B": 1}


def test_files() -> None:
    """Files keep their names, groups, order, labels and annotations; every duration in them is compressed."""
    more = {"for": "10m", "keep_firing_for": "5m", "interval": "1m", "limit": 3}
    texts = {"labels": {"severity": "info"}, "annotations": {"summary": "in [5m] {{ $value }}"}}
    rules = [record("a:rate", "rate(x[5m])"), alert("A", "a:rate offset 5m > 1", **more, **texts)]  # type: ignore[arg-type]  # what YAML holds
    assert {name: yaml.safe_load(text) for name, text in compress(rules, 0.25).files.items()} == {
        "r.yml": {"groups": [{"name": "g", "rules": [{"record": "a:rate", "expr": "rate(x[5s])"}]}]},
        "a.yml": {
            "groups": [
                {
                    "name": "g",
                    "interval": "1s",
                    "limit": 3,
                    "rules": [
                        {
                            "alert": "A",
                            "expr": "a:rate offset 5s > 1",
                            "for": "10s",
                            "keep_firing_for": "5s",
                            "labels": {"severity": "info"},
                            "annotations": {"summary": "in [5m] {{ $value }}"},
                        }
                    ],
                }
            ]
        },
    }


def groups(rules: list[Rule], scrape_interval: float) -> list[tuple[object, ...]]:
    """Return name, interval, limit and rules of each group of the one file that rules are compressed to."""
    (text,) = compress(rules, scrape_interval).files.values()
    return [
        (
            group["name"],
            group.get("interval"),
            group.get("limit"),
            [rule.get("alert") or rule["record"] for rule in group["rules"]],
        )
        for group in yaml.safe_load(text)["groups"]
    ]


MIXED = [("A", "rate(x[5m]) > 1"), ("B", "rate(x[1h]) > 1"), ("C", "rate(y[5m]) > 1"), ("D", "hour() > 1")]


def test_group_of_several_factors() -> None:
    """A group without an interval stays whole and in order, whatever the factors of its rules; so does its limit."""
    rules = [alert(name, expr, limit=3) for name, expr in MIXED]  # type: ignore[arg-type]  # what YAML holds
    assert groups(rules, 0.25) == [("g", None, 3, ["A", "B", "C", "D"])]


def test_interval_for_several_factors() -> None:
    """A group whose interval is to be divided by several factors falls into a part for each, in order; the limit stays.

    A limit is for each rule by itself, and rules that feed each other have one factor: they are never parted.
    """
    rules = [alert(name, expr, limit=3, interval="1m") for name, expr in MIXED]  # type: ignore[arg-type]  # what YAML holds
    assert groups(rules, 0.25) == [
        ("g (factor 60)", "1s", 3, ["A", "C"]),
        ("g (factor 720)", "83ms", 3, ["B"]),
        ("g (factor 1)", "1m", 3, ["D"]),
    ]
    assert groups(rules[:1], 0.25) == [("g", "1s", 3, ["A"])]


TEXTS = st.sampled_from([expr for _, expr in MIXED] + ["a:rate > 1", 'ALERTS{alertname="B"} > 0', "x > 1"])


@given(st.lists(TEXTS, min_size=1, max_size=6), st.sampled_from([None, "30s", "5m"]))
def test_groups_keep_their_rules(texts: list[str], interval: str | None) -> None:
    """No rule is lost or doubled, those of one factor keep their order, and those that feed each other their group."""
    feeding = [record("a:rate", "rate(x[2m])", file="a.yml", interval=interval)]
    rules = feeding + [
        alert(name, text, **({"interval": interval} if interval else {}))
        for name, text in zip("ABCDEF", texts, strict=False)
    ]
    factors = compress(rules, 0.25).factors
    found = [names for *_, names in groups(rules, 0.25)]
    parts = {factors[rule.name] for rule in rules} if interval else {0.0}
    assert len(found) == len(parts)
    for names in found:
        assert names == [rule.name for rule in rules if rule.name in names]
    assert sorted(name for names in found for name in names) == sorted(rule.name for rule in rules)
    for one in rules:
        for other in rules:
            if feeds(other, one.expr) and not incompressible([one, other]):
                assert any({one.name, other.name} <= set(names) for names in found)


@given(EXPRESSIONS, st.integers(min_value=1, max_value=600), st.integers(min_value=1, max_value=600))
def test_rule_times_once(text: str, held: int, kept: int) -> None:
    """All times of one rule are divided by its factor, and by that of no other."""
    rules = [alert("A", text, **{"for": f"{held}m", "keep_firing_for": f"{kept}m"}), alert("B", "rate(x[1y]) > 1")]
    compressed = compress(rules, 0.25)
    (group,) = yaml.safe_load(compressed.files["a.yml"])["groups"]
    factor = compressed.factors["A"]
    expected = (notation(60 * held / factor), notation(60 * kept / factor), expression(text, factor))
    assert tuple(group["rules"][0][key] for key in ("for", "keep_firing_for", "expr")) == expected


@pytest.mark.parametrize(
    ("held", "minutes"),
    [
        ({}, 0),
        ({"for": "5m"}, 5),
        ({"keep_firing_for": "15m"}, 15),
        ({"for": "5m", "keep_firing_for": "15m"}, 15),
        ({"for": "15m", "keep_firing_for": "5m"}, 15),
        ({"interval": "1m"}, 1),
        ({"interval": "1m", "for": "5m"}, 1 + 5 + 1),
    ],
)
def test_longest_change(held: dict[str, str], minutes: int) -> None:
    """An alert follows a change after its window, the longest chain of those below it, and what it is held back by.

    A change is seen when its group is evaluated next, and so is that `for` has passed.
    """
    rules = [
        record("a:rate", "rate(x[10m])"),
        record("b:mean", "avg_over_time(a:rate[1h])"),
        record("c:rate", "rate(x[65m])"),
        record("d:rate", "rate(x[3h])"),
        alert("A", "rate(y[5m]) > b:mean + c:rate", **held),
    ]
    assert longest_change(rules[-1], rules) == 60 * (5 + (60 + 10) + minutes)


@pytest.mark.parametrize("system", bundled_systems())
def test_bundled_rules(tmp_path: Path, system: str) -> None:
    """Prometheus takes the compressed rules of a bundled system, and their windows hold 16 scrapes."""
    scenario = load_scenario(conventions.SCENARIOS / system)
    compressed = compress(scenario.rules, scenario.scrape_seconds)
    for name, text in compressed.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [str(binaries.find("promtool").path), "check", "rules", *compressed.files]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    texts = [
        rule["expr"]
        for text in compressed.files.values()
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
    ]
    assert min(window for text in texts for window in windows(text)) >= 16 * scenario.scrape_seconds
