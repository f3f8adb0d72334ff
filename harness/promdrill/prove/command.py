"""`promdrill alerts`: check, prove, emit, compare."""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from promdrill.errors import ContractError
from promdrill.prove.catalogue import read_catalogue
from promdrill.prove.compare import Version, compare
from promdrill.prove.errors import guard
from promdrill.prove.promtool import Promtool
from promdrill.prove.proof import Proof, State, prove
from promdrill.prove.report import Report
from promdrill.prove.testfile import copy_rules, emit
from promdrill.rules.rulebook import read_rulebook
from promdrill.stack import binaries
from promdrill.stack.verify import promtool_refuses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promdrill.rules.rulefile import Placed


def prove_rules(
    rules: Sequence[Path],
    contract: Path | None,
    against: Sequence[Path],
    folder: Path | None,
    announce: Callable[[str], None],
) -> Report:
    """Return what can be shown of every alert of rule files, and what changed since an older version of them.

    `folder` keeps the tests.

    Raises:
        ContractError: promtool refuses a rule file, or the contract is none.
        UsageError: no alert stands in the files, or the folder cannot be written.
        StackError: promtool is not found, or does not start.
    """
    started = time.monotonic()
    found = binaries.find("promtool", announce=announce)
    promtool = Promtool(found.path)
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="promdrill-alerts-")))
        rules, against = (_readable(paths, temporary) for paths in (rules, against))
        if problems := tuple(promtool_refuses([path.resolve() for path in (*rules, *against)], str(found.path))):
            raise ContractError(problems)
        catalogue = read_catalogue(contract) if contract else None
        book = read_rulebook(rules)
        into = folder or temporary
        names = copy_rules(book, into) if folder else {}

        def show(placed: Placed) -> Proof:
            proof = prove(placed, book, promtool, catalogue)
            return guard(lambda: emit(proof, into, names, promtool), lambda text: Proof(placed, State.MISTAKE, text))

        pool = stack.enter_context(ThreadPoolExecutor(max(2, os.cpu_count() or 1)))
        proofs = list(pool.map(show, book.alerts))
        changes = []
        if against:
            proved = {proof.placed.key: proof for proof in proofs}
            older = read_rulebook(against)
            old = Version(older, partial(prove, book=older, promtool=promtool, catalogue=catalogue))
            changes = compare(old, Version(book, lambda placed: proved[placed.key]), promtool)
    if folder is None:
        proofs = [replace(proof, test=None) for proof in proofs]
    return Report(proofs, changes, found.version, time.monotonic() - started)


def _readable(paths: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Return paths that can be read more than once: what comes from a pipe is kept in a file first."""
    kept = []
    for path in dict.fromkeys(paths):
        if path.is_file():
            kept.append(path)
        else:
            kept.append(folder / f"{path.name}.yml")
            kept[-1].write_bytes(path.read_bytes())
    return tuple(kept)
