from __future__ import annotations

import importlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from promdrill.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness.prove.conftest import Prover

GOOD = {"alert": "Good", "expr": "x > 5", "for": "5m"}
BROKEN = {"alert": "Broken", "expr": "sum(x) > 5", "annotations": {"summary": "{{ $labels.pod }}"}}
BEYOND = {"alert": "Beyond", "expr": "x > 5 and on () hour() > 9"}


def alerts(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["alerts", *(str(one) for one in arguments)])


@pytest.mark.parametrize(
    ("rules", "strict", "code"),
    [
        ([GOOD], True, 0),
        ([GOOD, BEYOND], False, 0),
        ([GOOD, BEYOND], True, 3),
        ([GOOD, BROKEN], False, 1),
        ([BEYOND, BROKEN], True, 1),
    ],
)
def test_exit_codes(proved: Prover, rules: list[dict[str, str]], strict: bool, code: int) -> None:  # noqa: FBT001 - a parameter of pytest's
    """What is broken ends with 1; what is out of reach with 3, if that is asked for."""
    assert alerts(proved.file(*rules), *(["--strict"] if strict else [])).exit_code == code


def stumble_at(name: str, step: Callable[..., object]) -> Callable[..., object]:
    """Return a step of the prover with a mistake in it that one alert alone brings out."""

    def planted(*given: Any, **named: Any) -> object:  # noqa: ANN401 - whatever the step is given
        of = next(one for one in given if hasattr(one, "rule"))
        if of.rule.name == name:
            raise AttributeError("a planted mistake")
        return step(*given, **named)

    return planted


@pytest.mark.parametrize("step", ["proof.propose", "proof.derive_life", "testfile.write_tests"])
def test_mistake(proved: Prover, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str) -> None:
    """A mistake of promdrill's own names its alert and ends with 3; the others are judged and shown all the same."""
    module, function = step.split(".")
    target = importlib.import_module(f"promdrill.prove.{module}")
    monkeypatch.setattr(target, function, stumble_at("Second", getattr(target, function)))
    rules = proved.file(GOOD, {**GOOD, "alert": "Second"}, BROKEN)
    result = alerts(rules, "--json", tmp_path / "a.json", "--against", proved.file(GOOD, name="old.yml"))
    assert result.exit_code == 3
    told = json.loads((tmp_path / "a.json").read_text())
    assert [(one["alert"], one["state"]) for one in told["alerts"]] == [
        ("Good", "proved"),
        ("Second", "mistake"),
        ("Broken", "broken"),
    ]
    message = told["alerts"][1]["message"]
    assert message.startswith("promdrill made a mistake, please report it: AttributeError: a planted mistake (")
    assert told["summary"] == {"proved": 1, "broken": 1, "out of reach": 0, "mistake": 1}
    assert result.output.splitlines()[-1].endswith("1 proved, 1 broken, 0 out of reach, 1 mistake")


def test_mistake_in_an_older_version(proved: Prover, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of promdrill's own in comparing two versions is told in place of the change, and ends with 3."""
    rules, old = proved.file(GOOD), proved.file({**GOOD, "expr": "x > 50"}, name="old.yml")
    monkeypatch.setattr("promdrill.prove.compare._behaviours", lambda *_given: 1 / 0)
    result = alerts(rules, "--against", old)
    assert result.exit_code == 3
    assert "Good  promdrill made a mistake, please report it: ZeroDivisionError" in result.output


def test_lines(proved: Prover) -> None:
    """Each alert has a line, a broken one its place, its remedy and its input; the last line adds up."""
    lines = alerts(proved.file(GOOD, BROKEN, BEYOND)).output.splitlines()
    assert [line.split("  ")[0] for line in lines if not line.startswith(" ")][:3] == [
        "proved",
        "broken",
        "out of reach",
    ]
    assert any("rules.yml:" in line for line in lines)
    assert any('input: x{pod="pod-1"} = ' in line for line in lines)
    assert lines[-1].endswith("1 proved, 1 broken, 1 out of reach")


def test_json(proved: Prover, tmp_path: Path) -> None:
    """The JSON tells of each alert where it stands, what was shown, and on which input."""
    rules = proved.file(GOOD)
    assert alerts(rules, "--json", tmp_path / "a.json").exit_code == 0
    told = json.loads((tmp_path / "a.json").read_text())
    (one,) = told["alerts"]
    assert (told["schema"], told["summary"], told["changes"]) == (1, {"proved": 1, "broken": 0, "out of reach": 0}, [])
    assert one["boundary"] == pytest.approx([5, 5], rel=0.011)
    assert {key: one[key] for key in ("alert", "file", "state", "for", "states", "remedy", "test")} == {
        "alert": "Good",
        "file": str(rules),
        "state": "proved",
        "for": "5m",
        "states": ["inactive", "pending", "firing", "resolved"],
        "remedy": "",
        "test": None,
    }
    assert [series["series"] for series in one["input"]] == ["x"]


def test_emitted_tests_notice_a_change(proved: Prover, tmp_path: Path) -> None:
    """The tests that are kept pass with plain promtool, and no longer when the rule beside them is changed."""
    folder = tmp_path / "kept"
    assert alerts(proved.file(GOOD), "--emit", folder).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["Good.test.yml", "rules.yml"]

    def passes() -> bool:
        command = [proved.promtool.path, "test", "rules", "Good.test.yml"]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0

    assert passes()
    rule = (folder / "rules.yml").read_text()
    for changed in ("x > 5.1", "x > 4.9", "x < 5"):
        (folder / "rules.yml").write_text(rule.replace("x > 5", changed))
        assert not passes(), changed
    (folder / "rules.yml").write_text(rule.replace("5m", "6m"))
    assert not passes()


def test_against(proved: Prover) -> None:
    """Changes are printed; they end with 1 only if that is asked for."""
    old = proved.file({**GOOD, "expr": "x > 4"}, name="old.yml")
    rules = proved.file(GOOD)
    result = alerts(rules, "--against", old)
    assert result.exit_code == 0
    assert "Good  no longer fires just over the old boundary (4.016)" in result.output.splitlines()
    assert alerts(rules, "--against", old, "--strict").exit_code == 1
    assert alerts(rules, "--against", rules, "--strict").exit_code == 0


def test_refused(proved: Prover, tmp_path: Path) -> None:
    """What promtool refuses is told with its line; so is a file without alerts, and a contract that is none."""
    bad = proved.file({"alert": "A", "expr": "x >"})
    refused = alerts(bad)
    assert refused.exit_code == 2
    assert f"{bad}:" in refused.output
    assert alerts(proved.file({"record": "r", "expr": "x"})).exit_code == 2
    (tmp_path / "contract.yml").write_text("system: shop\n")
    assert alerts(proved.file(GOOD), "--contract", tmp_path / "contract.yml").exit_code == 2


def test_two_files_of_one_name(proved: Prover, tmp_path: Path) -> None:
    """Recording rules and alerts may come from several files in any order, of one name even, as may their groups."""
    (tmp_path / "other").mkdir()
    recording = proved.file({"record": "r:x", "expr": "x * 2"}, name="other/rules.yml")
    rules = proved.file({"alert": "A", "expr": "r:x > 10", "for": "2m"})
    result = alerts(rules, recording, "--emit", tmp_path / "kept", "--strict")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        "2-rules.yml",
        "A.rules.yml",
        "A.test.yml",
        "rules.yml",
    ]
