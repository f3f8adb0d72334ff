"""The virtual proof of every alert that a drill makes fire: on what the run recorded, and on inputs derived for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.model import VirtualLife
from promdrill.prove.catalogue import Catalogue, catalogue_of
from promdrill.prove.errors import OutOfReachError, guard
from promdrill.prove.problem import Problem, schedule
from promdrill.prove.promtool import Promtool
from promdrill.prove.proof import State, prove
from promdrill.prove.recorded_life import recorded_life
from promdrill.prove.testfile import (
    Place,
    copy_rules,
    emit,
    file_name,
    is_shared,
    keep,
    whole_files,
    write_expected_tests,
    write_recorded_tests,
)
from promdrill.rules.promql import UnreadableError
from promdrill.rules.rulebook import read_rulebook
from promdrill.stack import binaries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill.evidence import Evidence
    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Placed


@dataclass(frozen=True)
class _Prover:
    evidence: Evidence
    book: Rulebook
    promtool: Promtool
    catalogue: Catalogue
    folder: Path
    copies: Mapping[str, str]

    def __call__(self, placed: Placed) -> VirtualLife:
        """Return what one alert did: on the recorded phases, and on the inputs that were derived for its rule."""
        return guard(lambda: self._life(placed), lambda text: VirtualLife(mistake=text))

    def _life(self, placed: Placed) -> VirtualLife:
        proof = emit(prove(placed, self.book, self.promtool, self.catalogue), self.folder, self.copies, self.promtool)
        life = self._recorded_life(placed, file_name(proof).replace(".test.", f".{conventions.RECORDED}.test."))
        beyond = f"its boundary: {proof.message}" if proof.state is State.OUT_OF_REACH else ""
        return replace(
            life,
            broken=life.broken or (proof.message if proof.state is State.BROKEN else ""),
            mistake=proof.message if proof.state is State.MISTAKE else "",
            unreached="; ".join(filter(None, (life.unreached, beyond))),
            boundary=proof.found.boundary if proof.found and proof.state is State.PROVED else None,
            tests=(*life.tests, *((proof.test,) if proof.test else ())),
        )

    def _recorded_life(self, placed: Placed, name: str) -> VirtualLife:
        try:
            problem = Problem(placed.rule, self.book, schedule(placed.rule, self.book), self.promtool, None)
            recorded = recorded_life(problem, self.evidence, shared=is_shared(problem))
        except (OutOfReachError, UnreadableError) as error:
            return VirtualLife(unreached=str(error))
        place = Place(self.folder, name, self.copies)
        if recorded.life.broken:
            whole = whole_files(problem, self.copies)
            if whole is None:
                return recorded.life
            (self.folder / name).write_text(write_expected_tests(problem, recorded, whole), encoding="utf-8")
        elif said := keep(
            problem, recorded.case, place, self.promtool, lambda files: write_recorded_tests(problem, recorded, files)
        ):
            return VirtualLife(unreached=f"its own tests do not pass: {said}")
        return replace(recorded.life, tests=(name,))


def prove_drill(evidence: Evidence) -> dict[str, VirtualLife]:
    """Return what each drilled alert does in virtual time, by its rule as it stands; the tests stay in the evidence.

    A short run has no phases for it, and one whose rules were broken on purpose lived by others than those.

    Raises:
        StackError: promtool is not found, or does not start.
    """
    scenario = evidence.scenario
    drilled_alerts = scenario.contract.drilled_alerts
    if not evidence.run.alerts or evidence.run.rule_mutants or not drilled_alerts or not scenario.rule_files:
        return {}
    promtool = Promtool(binaries.find("promtool").path)
    book = read_rulebook(scenario.rule_files)
    with ExitStack() as stack:
        folder, kept = _folder(evidence.folder, stack)
        copies = copy_rules(book, folder)
        prover = _Prover(evidence, book, promtool, catalogue_of(scenario.contract), folder, copies)
        # Of two rules with one name, the first is the documented one.
        placed = {name: next(one for one in book.alerts if one.rule.name == name) for name in drilled_alerts}
        with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
            lives = dict(zip(placed, pool.map(prover, placed.values()), strict=True))
    return {name: life if kept else replace(life, tests=()) for name, life in lives.items()}


def _folder(evidence: Path, stack: ExitStack) -> tuple[Path, bool]:
    """Return an empty folder in the evidence; where that cannot be written, one that is not kept."""
    folder = evidence / conventions.VIRTUAL_TESTS
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    except OSError:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="promdrill-alerts-"))), False
    return folder, True
