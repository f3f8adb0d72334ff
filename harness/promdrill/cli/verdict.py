"""The end of every command that gives a verdict: it is printed, its reports are written, its exit code follows."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

from promdrill import conventions
from promdrill.cli.errors import VERDICTS
from promdrill.errors import Exit
from promdrill.report import text
from promdrill.report.publish import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rich.console import Console

    from promdrill.model import Verdict


def report(verdict: Verdict, **output: Any) -> NoReturn:  # noqa: ANN401 - the report options
    """Print a verdict, write its reports, and end with its exit code."""

    def print_it(console: Console) -> None:
        text.render(verdict, console, verbose=output["verbose"])

    report_all([verdict], VERDICTS[verdict.status], print_it, output)


def report_all(
    verdicts: list[Verdict], code: Exit, print_them: Callable[[Console], None], output: Mapping[str, Any]
) -> NoReturn:
    """Print verdicts, write their reports, and end with a code: that of wrong use where a report was not written."""
    whole = publish(verdicts, print_them, {name: path for name, path in output.items() if name != "verbose"})
    sys.exit(int(code if whole or code is not Exit.PASSED else Exit.WRONG_USE))


def new_folder(system: str) -> Path:
    """Return a folder for the evidence of a run that is about to begin; no other run has it."""
    return conventions.EVIDENCE_FOLDER / f"{system}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1000:03d}"
