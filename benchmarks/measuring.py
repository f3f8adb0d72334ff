"""What the benchmarks share: a quiet machine, as far as that can be had, and tables with a verdict in each line."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field

SERVER, CLIENT = 0, 1
"""The cores of the two."""
WITHOUT_LEDGER = """
import sys
from promdrill_fakes import __main__, handler, journal
def ended(call, error, answer):
    for done in (call.failed if error is not None else None, call.ended):
        if done is not None:
            done()
def nothing(*_):
    pass
handler.finish_call = ended
journal.Journal.begin = journal.Journal.end = journal.Journal.record = nothing
sys.exit(__main__.main(sys.argv[1:]))
"""
"""Runs the fakes so that they do all that they do, but count and remember nothing."""


def quieten() -> str:
    """Run on the client's core, and before all other work, where the system lets that be; return what it let."""
    if not hasattr(os, "sched_setaffinity"):
        return "other work on this machine is in these figures"
    os.sched_setaffinity(0, {CLIENT % (os.cpu_count() or 1)})
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return "other work on this machine is in these figures (to be root keeps it out)"
    return "client and server ran before other work on this machine"


def pinned(core: int) -> list[str]:
    """Return what runs a command on one core, where that can be."""
    return ["taskset", "-c", str(core % (os.cpu_count() or 1))] if shutil.which("taskset") else []


@dataclass
class Table:
    """Lines of Markdown, some with a bound; knows whether all bounds were kept."""

    title: str
    kept: bool = True
    lines: list[str] = field(default_factory=list)

    def add(self, what: str, measured: str, bound: str = "", *, kept: bool = True) -> None:
        """Add a line; where there is no bound, none is broken."""
        self.kept &= kept
        verdict = ("yes" if kept else "NO") if bound else ""
        self.lines.append(f"| {what} | {measured} | {bound} | {verdict} |")

    def show(self) -> None:
        """Print all lines."""
        sys.stdout.write(f"| {self.title} | measured | bound | kept |\n|---|---|---|---|\n")
        sys.stdout.write("\n".join(self.lines) + "\n\n")
