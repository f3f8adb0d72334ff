from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from promdrill.prove.compare import Version, compare
from promdrill.prove.proof import prove
from promdrill.rules.rulebook import read_rulebook

if TYPE_CHECKING:
    from tests.harness.prove.conftest import Prover

Rule = dict[str, Any]


def changes(proved: Prover, old: list[Rule], new: list[Rule]) -> list[tuple[str, str, float | None]]:
    """Return what changed: alert, kind of change, and by how many seconds."""
    versions = []
    for name, rules in (("old.yml", old), ("new.yml", new)):
        book = read_rulebook([proved.file(*rules, name=name)])
        versions.append(Version(book, partial(prove, book=book, promtool=proved.promtool, catalogue=None)))
    return [(one.alert, one.what, one.by) for one in compare(versions[0], versions[1], proved.promtool)]


def alert(expr: str, name: str = "A", **more: Any) -> Rule:  # noqa: ANN401 - YAML
    """Return an alert."""
    return {"alert": name, "expr": expr, **more}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (alert("x > 5"), alert("x > 5"), []),
        (alert("x > 5"), alert("5 < x"), [("same", None)]),
        (alert("x > 5"), alert("x > 50"), [("no longer fires", None)]),
        (alert("x > 50"), alert("x > 5"), [("newly fires", None)]),
        (alert("x > 5", **{"for": "5m"}), alert("x > 5", **{"for": "20m"}), [("for", 900), ("fires later", 900)]),
        (alert("x > 5", **{"for": "20m"}), alert("x > 5", **{"for": "5m"}), [("for", -900), ("fires earlier", -900)]),
        (alert("x > 5", labels={"s": "a"}), alert("x > 5", labels={"s": "b"}), [("labels", None)]),
        (alert("x > 5", annotations={"s": "a"}), alert("x > 5"), [("annotations", None)]),
        (alert("x > 5"), alert("x < 5"), [("newly fires", None), ("no longer fires", None)]),
        (alert("absent(x)"), alert("x == 0"), [("newly fires", None), ("no longer fires", None)]),
        (alert("stddev(x) > 5"), alert("stddev(x) > 6"), [("unknown", None)]),
    ],
)
def test_changes(proved: Prover, old: Rule, new: Rule, expected: list[tuple[str, float | None]]) -> None:
    """A change of behaviour is told by its kind; what is only written differently is told to be the same."""
    found = changes(proved, [old], [new])
    assert sorted(found, key=str) == sorted([("A", *one) for one in expected], key=str)


def test_added_and_gone(proved: Prover) -> None:
    """Alerts that only one version has are told."""
    old, new = [alert("x > 5", "Old"), alert("x > 1")], [alert("x > 1"), alert("x > 5", "New")]
    assert changes(proved, old, new) == [("New", "added", None), ("Old", "gone", None)]


def test_what_is_recorded(proved: Prover) -> None:
    """A recording rule that changes changes the alerts that read it."""

    def rules(factor: int) -> list[Rule]:
        return [{"record": "r:x", "expr": f"x * {factor}"}, alert("r:x > 10")]

    assert changes(proved, rules(1), rules(2)) == [("A", "newly fires", None)]
