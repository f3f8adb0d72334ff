"""YAML with line numbers: every value's line, and every mistake of the file at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from promdrill.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import ValidationError

Key = tuple[str | int | float, ...]

_Loader: Any = yaml.SafeLoader
if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _Fast(Composer, CParser, Resolver):
        """Libyaml's parser, eight times as fast, under PyYAML's composer: libyaml's own dies of text nested deeply."""

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            Resolver.__init__(self)

    _Loader = _Fast


@dataclass(slots=True)
class YamlFile:
    """One file's data, the line of each path in it, and what was wrong with it as YAML.

    With `text`, every scalar is text, as the file has it.
    """

    name: str
    text: bool = False
    data: Any = None
    lines: dict[Key, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Key) -> int:
        """Return the line of a path, or of its nearest parent that the file holds."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Key, what: str, remedy: str = "") -> None:
        """Note that something at a path is wrong."""
        self.problems.append(Problem(self.name, self.line(path), what, remedy))

    def refuse(self, error: ValidationError, prefix: Key = ()) -> None:
        """Note every field that a record's validation refused."""
        noted = set()
        for detail in error.errors(include_url=False):
            path = (*prefix, *(part for part in detail["loc"] if part != "[key]"))
            where = self._drop_alternatives(path)
            # The last part is named also when the file lacks it: it is what is missing, or what a rule's group gave.
            last = path[-1:] if path[-1:] != where[-1:] else ()
            named = (*where, *last)
            shown = ".".join(str(part) for part in named) or "the file"
            text = {
                "extra_forbidden": f"unknown key {shown}",
                "missing": f"missing key {shown}",
                "too_short": f"{shown} is empty",
            }.get(detail["type"], f"{shown}: {detail['msg'].removeprefix('Value error, ')}{_describe(detail['input'])}")
            if (where, text) not in noted:
                noted.add((where, text))
                self.problem(where, text)

    def _drop_alternatives(self, path: Key) -> Key:
        """Drop the parts of a validation path that name alternatives of a union, not places in the file."""
        known: Key = ()
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        return known


def _describe(value: object) -> str:
    """Return what stands there in place of what is right; a whole mapping would hide the message."""
    return "" if isinstance(value, dict) else f", not {value!r}"


def read_yaml(path: Path, name: str, *, text: bool = False) -> YamlFile:
    """Return a file's content; with `text`, every scalar is text.

    Unreadable text, broken YAML and duplicate keys are problems of the file, not exceptions.
    """
    file = YamlFile(name, text)
    try:
        node = _compose(path.read_text(encoding="utf-8"))
        file.data = _value(node, (), file) if node else None
    except FileNotFoundError:
        file.problem((), "file not found", "a scenario folder holds contract.yml, drill.yml and users.py")
    except (OSError, UnicodeDecodeError) as error:
        file.problem((), f"cannot be read: {error}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        file.problems.append(Problem(name, mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}"))
    except (yaml.YAMLError, ValueError) as error:
        file.problem((), f"not YAML: {error}")
    except RecursionError:
        file.problem((), "the YAML cannot be used: an anchor contains itself, or the nesting is too deep")
    else:
        if file.data is None and not file.problems:
            file.problem((), "the file is empty")
    return file


def _compose(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)  # whose words say more of what is wrong


def _value(node: yaml.Node, path: Key, file: YamlFile) -> Any:  # noqa: ANN401 - YAML holds anything
    file.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, file)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), file) for index, item in enumerate(node.value)]
    return node.value if file.text else SafeConstructor().construct_object(node, deep=True)


def _mapping(node: yaml.MappingNode, path: Key, file: YamlFile) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _value(key_node, (*path, "?"), file)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str | int | float | bool):
            file.problems.append(Problem(file.name, line, "a key is text, not a list or a mapping"))
            continue
        place = (*path, key)
        if key in result:
            file.problems.append(
                Problem(file.name, line, f"duplicate key {key}", f"the first is on line {file.lines[place]}; keep one")
            )
            continue
        file.lines[place] = line
        result[key] = _value(value_node, place, file)
    return result
