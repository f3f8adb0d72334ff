from __future__ import annotations

from typing import TYPE_CHECKING

from promdrill.evidence.applog import Line, read_log

if TYPE_CHECKING:
    from pathlib import Path


def test_lines(tmp_path: Path) -> None:
    """Each line is read by itself; one that is not an object says why, and separators of Unicode end no line."""
    text = '{"a": 1, "b": "\u2028"}\n\n[]\n{"a": Infinity}\n{"a"'
    (tmp_path / "app.log").write_text(text, encoding="utf-8")
    assert read_log(tmp_path / "app.log") == (
        Line(1, '{"a": 1, "b": "\u2028"}', {"a": 1, "b": "\u2028"}),
        Line(2, "", problem="Expecting value: line 1 column 1 (char 0)"),
        Line(3, "[]", problem="it is list, not an object"),
        Line(4, '{"a": Infinity}', problem="Infinity is not JSON"),
        Line(5, '{"a"', problem="Expecting ':' delimiter: line 1 column 5 (char 4)"),
    )


def test_bytes(tmp_path: Path) -> None:
    """Bytes that are no text do not keep the other lines from being read."""
    (tmp_path / "app.log").write_bytes(b'{"a": "\xff"}\n{"a": 2}\n')
    assert read_log(tmp_path / "app.log") == (
        Line(1, '{"a": "\ufffd"}', {"a": "\ufffd"}),
        Line(2, '{"a": 2}', {"a": 2}),
    )


def test_nothing(tmp_path: Path) -> None:
    """A file without lines has none, and no file is something else."""
    (tmp_path / "empty.log").touch()
    assert (read_log(tmp_path / "empty.log"), read_log(tmp_path / "app.log")) == ((), None)
