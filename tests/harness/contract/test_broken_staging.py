"""Drills that could not be played, or would prove nothing, one mistake at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT, DRILL = "contract.yml", "drill.yml"
DRILLED = """\
phases:
  - {name: baseline, for: 4s}
  - {name: fault, until: firing, alert: High, faults: [breakdown]}
  - {name: recovery, until: resolved, alert: High}
"""

BY_COMMAND = "app: {command: [python], port: 8000}\nfakes: {serve: [ollama]}"

Place = tuple[str, int]


def by_address(app: str, fakes: str) -> str:
    """Return the drill's beginning for an app that runs already, with more keys of the app and of the fakes."""
    return f"app: {{address: 'http://localhost:80', port: 8000{app}}}\nfakes: {{serve: [ollama]{fakes}}}"


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Place]]] = {
    "silence of an alert that its phase does not make fire": (
        (DRILL, "until: resolved, alert: High", "until: resolved, alert: High, silences: [{alert: High}]"),
        [(DRILL, 8)],
    ),
    "silence that is none": (
        (DRILL, "faults: [breakdown]", "faults: [breakdown], silences: [{alert: High, matchers: [severity]}]"),
        [(DRILL, 7)],
    ),
    "inhibited by what does not fire": (
        (DRILL, "alert: High}\nfaults", "alert: High, inhibited: {Low: High}}\nfaults"),
        [(DRILL, 8), (DRILL, 8)],
    ),
    "inhibited and waited for": (
        (DRILL, "faults: [breakdown]", "faults: [breakdown], inhibited: {High: High}"),
        [(DRILL, 7)],
    ),
    "interval without end": (
        (DRILL, "load:\n", "prometheus: {scrape_interval: .inf}\nload:\n"),
        [(DRILL, 3)],
    ),
    "phase without end": (
        (DRILL, "for: 4s", "for: .inf"),
        [(DRILL, 6)],
    ),
    "clock without end": (
        (DRILL, "port: 8000", "port: 8000, clock_rate: .inf"),
        [(DRILL, 1)],
    ),
    "app that is not started": (
        (DRILL, "command: [python], ", ""),
        [(DRILL, 1)],
    ),
    "app started twice": (
        (DRILL, "port: 8000", "port: 8000, address: 'http://localhost:80'"),
        [(DRILL, 1)],
    ),
    "fake that an app that runs already cannot find": (
        (DRILL, BY_COMMAND, by_address("", "")),
        [(DRILL, 2)],
    ),
    "port of a fake that is not served": (
        (DRILL, "serve: [ollama]", "serve: [ollama], ports: {s3: 9000}"),
        [(DRILL, 2)],
    ),
    "mutants of an app that runs already": (
        (DRILL, BY_COMMAND, by_address(", mutants: m", ", ports: {ollama: 11434}")),
        [(DRILL, 1)],
    ),
    "environment of an app that runs already": (
        (DRILL, BY_COMMAND, by_address(", environment: {A: b}", ", ports: {ollama: 11434}")),
        [(DRILL, 1)],
    ),
    "users of an unknown phase": (
        (DRILL, "count: 3}", "count: 3, during: [fall]}"),
        [(DRILL, 4)],
    ),
    "users that act and rest": (
        (DRILL, "count: 3}", "count: 3, during: [fault], pauses_in: [baseline]}"),
        [(DRILL, 4)],
    ),
    "lock without an end": (
        (DRILL, "  breakdown: {}", "  breakdown: {service: sqlite, file: '{work}/a.db', hold: 1s}"),
        [(DRILL, 10)],
    ),
    "lock of a file nowhere": (
        (DRILL, "  breakdown: {}", "  breakdown: {service: sqlite, file: '{wrk}/a.db', hold: 1s, every: 2s}"),
        [(DRILL, 10)],
    ),
    "app that is broken otherwise": (
        (DRILL, "  breakdown: {}", "  breakdown: {service: app, effect: burn}"),
        [(DRILL, 10)],
    ),
    "no load": (
        (DRILL, "load:\n  BuyUser: {users: 1, every: 1s, count: 3}", "load: {}"),
        [(DRILL, 3)],
    ),
    "ready that is no path": (
        (DRILL, "port: 8000", "port: 8000, ready: health"),
        [(DRILL, 1)],
    ),
    "conversion of a placeholder": (
        (DRILL, "[python]", '[python, "{ollama!q}"]'),
        [(DRILL, 1)],
    ),
    "format of a placeholder": (
        (DRILL, "[python]", '[python, "{ollama:d}"]'),
        [(DRILL, 1)],
    ),
    "placeholder in a placeholder": (
        (DRILL, "[python]", '[python, "{ollama:{nope}}"]'),
        [(DRILL, 1)],
    ),
    "placeholder without a name": (
        (DRILL, "[python]", '[python, "{}"]'),
        [(DRILL, 1)],
    ),
    "attribute of a placeholder": (
        (DRILL, "port: 8000", 'port: 8000, environment: {URL: "{ollama.url}"}'),
        [(DRILL, 1)],
    ),
    "fake twice": ((DRILL, "serve: [ollama]", "serve: [ollama, ollama]"), [(DRILL, 2)]),
    "fault of the healthy run": (
        (DRILL, "serve: [ollama]", "serve: [ollama], config: {faults: {breakdown: {}}}"),
        [(DRILL, 10)],
    ),
    "no phases": (
        (DRILL, DRILLED, "phases: []\n"),
        [(DRILL, 5)],
    ),
    "two baselines": (
        (DRILL, "  - {name: fault,", "  - {name: baseline, for: 1s}\n  - {name: fault,"),
        [(DRILL, 7)],
    ),
    "baseline that waits": (
        (DRILL, "name: baseline, for: 4s", "name: baseline, until: resolved, alert: High"),
        [(DRILL, 6)],
    ),
    "baseline with faults": (
        (DRILL, "for: 4s", "for: 4s, faults: [breakdown]"),
        [(DRILL, 6)],
    ),
    "baseline after faults": (
        (DRILL, "  - {name: baseline", "  - {name: storm, for: 1s, faults: [breakdown]}\n  - {name: baseline"),
        [(DRILL, 6)],
    ),
    "phase that the run adds": (
        (DRILL, "name: recovery", "name: drain"),
        [(DRILL, 8)],
    ),
    "fault twice": ((DRILL, "[breakdown]", "[breakdown, breakdown]"), [(DRILL, 7)]),
    "until without an alert": (
        (DRILL, "until: resolved, alert: High", "until: resolved"),
        [(CONTRACT, 19), (DRILL, 8)],
    ),
    "alert without until": (
        (DRILL, "for: 4s", "for: 4s, alert: High"),
        [(DRILL, 6)],
    ),
    "phase that waits for no firing": ((DRILL, "until: firing", "until: resolved"), [(CONTRACT, 19)]),
    "phase without faults": ((DRILL, ", faults: [breakdown]", ""), [(CONTRACT, 19)]),
    "phase of an alert that only lasts": (
        (DRILL, "until: firing, alert: High", "for: 3s"),
        [(CONTRACT, 19)],
    ),
    "never resolved": (
        (DRILL, "  - {name: recovery, until: resolved, alert: High}\n", ""),
        [(CONTRACT, 19)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Place]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected


def test_only_an_app_that_the_run_started_can_be_frozen(problems_after: Callable[..., list[Place]]) -> None:
    """A container's processes are Docker's: a signal to them would strike nothing."""
    changes = (
        (DRILL, "command: [python]", "image: shop"),
        (DRILL, "breakdown: {}", "breakdown: {service: app, effect: freeze}"),
    )
    assert problems_after(*changes) == [(DRILL, 10)]
