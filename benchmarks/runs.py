"""How long runs take, and what running several at a time gains: whole commands, as ratios to one short run.

    make bench            or: python benchmarks/runs.py [AT_ONCE]

Prints a Markdown table. The peer is `promdrill run SYSTEM --short`, measured in the same minutes on the same machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.mutants import list_mutants

SYSTEM = "content_creation_crew"
PROMDRILL = [sys.executable, "-m", "promdrill"]
REPEATS = 3


def seconds(folder: Path, exit_code: int, *arguments: str) -> float:
    """Return how long one command took; it must end with the given code."""
    start = time.perf_counter()
    ended = subprocess.run([*PROMDRILL, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode != exit_code:
        sys.exit(f"{' '.join(arguments)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    at_once = int(sys.argv[1]) if len(sys.argv) > 1 else 2 * (os.cpu_count() or 1)
    mutants = [mutant.name for mutant in list_mutants(load_scenario(conventions.SCENARIOS / SYSTEM).drill)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short = statistics.median(
            seconds(folder, 0, "run", SYSTEM, "--short", "--evidence", f"short-{number}") for number in range(REPEATS)
        )
        replay = statistics.median(seconds(folder, 0, "replay", "short-0") for _ in range(REPEATS))
        full = statistics.median(
            seconds(folder, 0, "run", SYSTEM, "--seed", str(seed), "--evidence", f"full-{seed}")
            for seed in range(REPEATS)
        )
        start = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda mutant: seconds(folder, 1, "run", SYSTEM, "--mutant", mutant), mutants))
        matrix = time.perf_counter() - start
    print("| what | seconds | ratio to a short run |\n|---|---|---|")
    for what, taken in (
        ("one short run, as a contract test or for a mutant", short),
        ("one full run, with an alert fired and resolved", full),
        ("replay of a short run's evidence", replay),
        (f"all {len(mutants)} mutants, {at_once} at a time", matrix),
        ("each of them", matrix / len(mutants)),
    ):
        print(f"| {what} | {taken:.1f} | {taken / short:.2f} |")


if __name__ == "__main__":
    main()
