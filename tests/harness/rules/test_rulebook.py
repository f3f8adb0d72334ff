from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill.errors import UsageError
from promdrill.rules.rulebook import read_rulebook

if TYPE_CHECKING:
    from pathlib import Path

RULES = """groups:
  - name: recording
    interval: 30s
    labels: {team: shop, tier: 1}
    query_offset: 1m
    rules:
      - record: job:errors
        expr: rate(errors_total[5m])
        labels: {tier: 2}
      - {record: job:errors:mean, expr: 'avg_over_time(job:errors[1h])'}
      - {record: unread, expr: x}
  - name: alerts
    rules:
      - alert: High
        expr: job:errors:mean > 1 and y offset 1d
        for:
        annotations: {limit: 010}
      - alert: High
        expr: "{__name__=~'job:e.+s'} > 2"
"""


def test_read_rulebook(tmp_path: Path) -> None:
    """Rules that promtool took are read as Prometheus reads them: text, labels of the group, each with its line."""
    path = tmp_path / "rules.yml"
    path.write_text(RULES, encoding="utf-8")
    book = read_rulebook([path])
    assert [(one.key, one.line) for one in book.rules] == [
        (("job:errors", 0), 7),
        (("job:errors:mean", 0), 10),
        (("unread", 0), 11),
        (("High", 0), 14),
        (("High", 1), 18),
    ]
    assert [one.rule.labels for one in book.rules[:2]] == [{"team": "shop", "tier": "2"}, {"team": "shop", "tier": "1"}]
    first, second = (one.rule for one in book.alerts)
    assert (first.for_, first.annotations, book.rules[0].rule.interval) == ("0s", {"limit": "010"}, "30s")

    assert [[one.name for one in book.feeding(rule)] for rule in (first, second)] == [
        ["job:errors", "job:errors:mean"],
        ["job:errors"],
    ]
    assert [book.memory(first, offsets=offsets) for offsets in (True, False)] == [86_400 + 3_900, 3_900]
    data = book.file_for(first, alerting=False)
    assert [[rule["record"] for rule in group["rules"]] for group in data["groups"]] == [
        ["job:errors", "job:errors:mean"]
    ]


def test_no_alert(tmp_path: Path) -> None:
    """Files without an alert are refused by name."""
    path = tmp_path / "rules.yml"
    path.write_text("groups: [{name: g, rules: [{record: r, expr: x}]}]", encoding="utf-8")
    with pytest.raises(UsageError, match=r"no alert was found in .*rules\.yml"):
        read_rulebook([path])
