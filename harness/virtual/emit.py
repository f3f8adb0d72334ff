"""Writes the tests of proved alerts beside a copy of their rules, and has promtool run them as anybody would."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from harness.errors import UsageError
from harness.virtual.prove import Proof, State
from harness.virtual.reach import OutOfReachError
from harness.virtual.rulebook import reduced
from harness.virtual.testfile import Files, write_tests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.virtual.promtool import Promtool
    from harness.virtual.rulebook import Rulebook


def copy_rules(book: Rulebook, folder: Path) -> dict[str, str]:
    """Copy rule files into a folder and return their names there; two of one name are told apart by a number.

    Raises:
        UsageError: the folder cannot be written.
    """
    names: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in book.paths:
            name = path.name if path.name not in names.values() else f"{len(names) + 1}-{path.name}"
            shutil.copyfile(path, folder / name)
            names[str(path)] = name
    except (OSError, shutil.SameFileError) as error:
        raise UsageError(f"cannot write the tests into {folder}: {error}") from error
    return names


def emit(proof: Proof, folder: Path, copies: Mapping[str, str], promtool: Promtool) -> Proof:
    """Write an alert's tests and run them on its rule files as they are; what does not pass there is not proved.

    Where another rule of those files cannot be evaluated on its input, it gets a file of its own rules only.
    """
    if proof.life is None or proof.found is None or proof.setting is None:
        return proof
    setting, rule = proof.setting, proof.setting.rule
    names = Counter(one.rule.name for one in setting.book.alerts)
    files = dict.fromkeys(one.file for one in (*setting.book.feeding(rule), rule))
    groups = [group for _, group in setting.book.order(rule, files)]
    shared = names[rule.name] > 1
    name = file_name(proof)
    alone = name.replace(".test.", ".rules.")
    data = reduced(rule, setting.book, rule)
    ways = [
        Files(tuple(copies[file] for file in files), groups, shared),
        Files((alone,), [group["name"] for group in data["groups"]], shared),
    ]
    said = ""
    # promtool is told the order of groups by their names: where two have one name, it has none.
    for way in ways if len(set(groups)) == len(groups) else ways[1:]:
        if way.names == (alone,):
            (folder / alone).write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        (folder / name).write_text(write_tests(setting, proof.found, proof.life, way), encoding="utf-8")
        try:
            code, said = promtool.test(folder, [name])
        except OutOfReachError as error:
            code, said = 1, str(error)
        if not code:
            return replace(proof, test=name)
    if proof.state is not State.PROVED:
        return proof
    told = " ".join(said.split())[:300]
    return replace(proof, state=State.OUT_OF_REACH, message=f"its own tests do not pass: {told}")


def file_name(proof: Proof) -> str:
    """Return the name of an alert's test file."""
    name, nth = proof.placed.key
    plain = re.sub(r"[^\w.-]", "_", name)
    return f"{plain}{f'-{nth + 1}' if nth else ''}.test.yml"
