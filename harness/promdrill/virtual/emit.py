"""Writes the tests of proved alerts beside a copy of their rules, and has promtool run them as anybody would."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import yaml

from promdrill.errors import UsageError
from promdrill.rules.rulebook import ANYTHING, reads
from promdrill.virtual.prove import Proof, State
from promdrill.virtual.reach import OutOfReachError
from promdrill.virtual.testfile import Files, write_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Placed
    from promdrill.virtual.case import Case
    from promdrill.virtual.promtool import Promtool
    from promdrill.virtual.search import Setting


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


@dataclass(frozen=True)
class Place:
    """Where a test file is written: its folder, its name, and the names of the rule files' copies there, if any."""

    folder: Path
    name: str
    copies: Mapping[str, str]


def emit(proof: Proof, folder: Path, copies: Mapping[str, str], promtool: Promtool) -> Proof:
    """Write an alert's tests and run them on the copies of its rule files; what does not pass there is not proved."""
    life, found, setting = proof.life, proof.found, proof.setting
    if life is None or found is None or setting is None:
        return proof
    place = Place(folder, file_name(proof), copies)
    said = keep(setting, life.case, place, promtool, lambda files: write_tests(setting, found, life, files))
    if not said:
        return replace(proof, test=place.name)
    if proof.state is not State.PROVED:
        return proof
    return replace(proof, state=State.OUT_OF_REACH, message=f"its own tests do not pass: {said}")


def keep(setting: Setting, case: Case, place: Place, promtool: Promtool, text: Callable[[Files], str]) -> str:
    """Write a test file that passes on the copies of an alert's rule files; return what promtool says against it.

    Where another rule of those files cannot be evaluated on its input, it gets a file of its own rules only, and so it
    does where there are no copies: its tests then take as long in a file of a hundred rules as in one of ten.
    """
    folder, data = place.folder, setting.book.file_for(setting.rule)
    shared = is_shared(setting)
    alone = place.name.replace(".test.", ".rules.")
    own = Files((alone,), [group["name"] for group in data["groups"]], shared)
    whole = as_they_stand(setting, place.copies)
    (folder / alone).write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def write(files: Files) -> None:
        (folder / place.name).write_text(text(files), encoding="utf-8")

    # Rules that read none of its series cannot fail on them: running hundreds of them for each alert takes minutes.
    by_all = shared or _others_read(setting, case)
    said = ""
    for way in (whole, own) if whole else (own,):
        write(way if by_all else own)
        said = _complaint(folder, place.name, promtool)
        if not said:
            write(way)
            if way is not own:
                (folder / alone).unlink()
            return ""
    return said


def as_they_stand(setting: Setting, copies: Mapping[str, str]) -> Files | None:
    """Return the copies of an alert's rule files; None where there are none, or promtool cannot be told their order."""
    rule = setting.rule
    files = dict.fromkeys(one.file for one in (*setting.book.feeding(rule), rule))
    groups = [group for _, group in setting.book.order(rule, files)]
    # promtool is told the order of groups by their names: where two have one name, it has none.
    if not copies or len(set(groups)) != len(groups):
        return None
    return Files(tuple(copies[file] for file in files), groups, is_shared(setting))


def is_shared(setting: Setting) -> bool:
    """Tell whether another rule has the alert's name."""
    return Counter(one.rule.name for one in setting.book.alerts)[setting.rule.name] > 1


def _complaint(folder: Path, name: str, promtool: Promtool) -> str:
    """Return what promtool says against a test file; nothing where it passes."""
    try:
        code, said = promtool.test(folder, [name])
    except OutOfReachError as error:
        return str(error)
    return " ".join(said.split())[:300] if code else ""


def _others_read(setting: Setting, case: Case) -> bool:
    """Tell whether a rule that an alert does not need may read the series of its tests."""
    given = {dict(labels)["__name__"] for segment in case.segments for labels in segment.motions}
    needed = {id(one) for one in (setting.rule, *setting.book.feeding(setting.rule))}
    others = (one.rule for one in setting.book.rules if id(one.rule) not in needed)
    return any(reads(rule.expr) & (given | {ANYTHING}) for rule in others)


def file_name(proof: Proof) -> str:
    """Return the name of an alert's test file; those of one name are told apart by a number."""
    plain = _plain(proof.placed)
    alerts = proof.setting.book.alerts if proof.setting else (proof.placed,)
    nth = [one.key for one in alerts if _plain(one) == plain].index(proof.placed.key)
    return f"{plain}{f'-{nth + 1}' if nth else ''}.test.yml"


def _plain(placed: Placed) -> str:
    """Return an alert's name as files may be named; `Full(>80%)` and `Full(<80%)` then have the same one."""
    return re.sub(r"[^\w.-]", "_", placed.rule.name)
