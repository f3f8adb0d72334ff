"""Alertmanager's configuration: read as Alertmanager reads it, or refused with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract.routing import EffectiveRoute, Routing, bundled_routing, read_routing
from promdrill.contract.silences import Matcher, matcher

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

WHOLE = """\
route:
  receiver: mail
  group_wait: 10s
  routes:
    - receiver: pager
      group_by: [alertname, cluster]
      group_interval: 1m
      routes:
        - {group_wait: 2m, group_by: []}
receivers:
  - {name: mail, email_configs: [{to: a@example.org}]}
  - {name: pager}
"""


def read(folder: Path, text: str) -> tuple[Routing | None, list[tuple[int, str]]]:
    """Return a configuration, and the lines and words of what is wrong with it."""
    (folder / "alertmanager.yml").write_text(text, encoding="utf-8")
    routing, file = read_routing(folder)
    return routing, [(problem.line, problem.what) for problem in file.problems]


def test_ways(tmp_path: Path) -> None:
    """A route inherits what it does not say, in the end Alertmanager's own defaults."""
    routing, problems = read(tmp_path, WHOLE)
    assert routing
    assert problems == []
    assert routing.effective_routes == (
        EffectiveRoute("mail", (), 10.0, 300.0),
        EffectiveRoute("pager", ("alertname", "cluster"), 10.0, 60.0),
        EffectiveRoute("pager", (), 120.0, 60.0),
    )
    assert routing.group_bys("pager") == {("alertname", "cluster"), ()}
    assert routing.receivers == ("mail", "pager")


def test_factor(tmp_path: Path) -> None:
    """The longest time of any group lasts a second in a drill, all others as much less; short ones stay."""
    long, _ = read(tmp_path, WHOLE)
    short, _ = read(tmp_path, "route: {receiver: a, group_wait: 100ms, group_interval: 500ms}\nreceivers: [{name: a}]")
    assert long
    assert short
    assert [(one.factor, round(one.notice_seconds, 3)) for one in (long, short)] == [(300.0, 1.033), (1.0, 0.6)]


def test_bundled(tmp_path: Path) -> None:
    """A folder without a configuration has the bundled one, which leads each severity to its own receiver."""
    routing, file = read_routing(tmp_path)
    assert routing == bundled_routing()
    assert (file.name, routing.own) == (str(conventions.PROMETHEUS / "alertmanager.yml"), False)
    assert routing.receivers == ("drill", "pager", "chat")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("receiver: mail", "receiver: post", 2),
        ("    - receiver: pager", "    - receiver: beeper", 5),
        ("  receiver: mail\n", "", 1),
        ("name: pager", "name: mail", 5),
        ("group_wait: 10s", "group_wait: soon", 3),
        ("receivers:", "recievers:", 1),
        ("route:", "route: [", 3),
    ],
    ids=["root's receiver", "receiver", "no receiver", "receiver twice", "duration", "no receivers", "no YAML"],
)
def test_refused(tmp_path: Path, old: str, new: str, line: int, snapshot: SnapshotAssertion) -> None:
    """What no drill could run is refused with its line."""
    routing, problems = read(tmp_path, WHOLE.replace(old, new, 1))
    assert routing is None
    assert line in [where for where, _ in problems]
    assert "\n".join(what for _, what in problems) == snapshot


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('severity="warning"', Matcher("severity", "=", "warning")),
        ("severity != critical", Matcher("severity", "!=", "critical")),
        ('alertname=~"High.*|Low=1"', Matcher("alertname", "=~", "High.*|Low=1")),
        ("team!~x|y", Matcher("team", "!~", "x|y")),
    ],
)
def test_matcher(text: str, read: Matcher) -> None:
    """A matcher is read as Alertmanager writes it."""
    assert matcher(text) == read


def test_no_matcher() -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="a matcher is written like"):
        matcher("severity")
