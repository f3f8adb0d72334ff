"""Drills that could not be played, or would prove nothing, one mistake at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACT, DRILL = "contract.yml", "drill.yml"
HEALTHY = "it is the healthy one, and queries are asked at its end"
BRACES = "a placeholder is {NAME}; a brace that is meant is written twice: {{ or }}"
FIRING = "the phase needs faults, or users of its own or that pause, `until: firing` and `alert: High`"
EFFECT = "High: phase fault does not make it fire"
MATCHER = 'a matcher is written like severity="warning" or alertname=~"High.*"'
KNOWN = "known: calendar_rate, clock_rate, host, ollama, port, python, token, work"
DRILLED = """\
phases:
  - {name: baseline, for: 4s}
  - {name: fault, until: firing, alert: High, faults: [breakdown]}
  - {name: recovery, until: resolved, alert: High}
"""

BY_COMMAND = "app: {command: [python], port: 8000}\nfakes: {serve: [ollama]}"

Expected = tuple[str, int, str, str]


def by_address(app: str, fakes: str) -> str:
    """Return the drill's beginning for an app that runs already, with more keys of the app and of the fakes."""
    return f"app: {{address: 'http://localhost:80', port: 8000{app}}}\nfakes: {{serve: [ollama]{fakes}}}"


# What is changed in a right folder (file, old text, new text), and every problem of the result.
CASES: dict[str, tuple[tuple[str, str, str], list[Expected]]] = {
    "silence of an alert that its phase does not make fire": (
        (DRILL, "until: resolved, alert: High", "until: resolved, alert: High, silences: [{alert: High}]"),
        [
            (
                DRILL,
                8,
                "phase recovery silences High, which it does not make fire",
                "it needs `until: firing` and `alert: High`: it is told of when the silence has ended",
            )
        ],
    ),
    "silence that is none": (
        (DRILL, "faults: [breakdown]", "faults: [breakdown], silences: [{alert: High, matchers: [severity]}]"),
        [
            (
                DRILL,
                7,
                f"phases.1.silences.0.matchers.0: {MATCHER}, not 'severity'",
                "",
            )
        ],
    ),
    "inhibited by what does not fire": (
        (DRILL, "alert: High}\nfaults", "alert: High, inhibited: {Low: High}}\nfaults"),
        [
            (DRILL, 8, "no rule file of this system holds the alert Low", "alerts: High"),
            (
                DRILL,
                8,
                "phase recovery does not make High fire, which is to inhibit Low",
                "it needs `until: firing` and `alert: High`",
            ),
        ],
    ),
    "inhibited and waited for": (
        (DRILL, "faults: [breakdown]", "faults: [breakdown], inhibited: {High: High}"),
        [(DRILL, 7, "phase fault waits for High, which it says is inhibited", "")],
    ),
    "interval without end": (
        (DRILL, "load:\n", "prometheus: {scrape_interval: .inf}\nload:\n"),
        [(DRILL, 3, "prometheus.scrape_interval: a duration is at most 292y, not inf", "")],
    ),
    "phase without end": (
        (DRILL, "for: 4s", "for: .inf"),
        [(DRILL, 6, "phases.0.for: a duration is at most 292y, not inf", "")],
    ),
    "clock without end": (
        (DRILL, "port: 8000", "port: 8000, clock_rate: .inf"),
        [(DRILL, 1, "app.clock_rate: Input should be a finite number, not inf", "")],
    ),
    "app that is not started": (
        (DRILL, "command: [python], ", ""),
        [(DRILL, 1, "app: the app has one of command, image (with or without a command) and address", "")],
    ),
    "app started twice": (
        (DRILL, "port: 8000", "port: 8000, address: 'http://localhost:80'"),
        [(DRILL, 1, "app: the app has one of command, image (with or without a command) and address", "")],
    ),
    "fake that an app that runs already cannot find": (
        (DRILL, BY_COMMAND, by_address("", "")),
        [
            (
                DRILL,
                2,
                "an app that runs already finds no fake ollama on just any port",
                "give the one that it calls: fakes.ports: {ollama: PORT}",
            )
        ],
    ),
    "port of a fake that is not served": (
        (DRILL, "serve: [ollama]", "serve: [ollama], ports: {s3: 9000}"),
        [(DRILL, 2, "the drill has no fake 's3'", "there is ollama")],
    ),
    "mutants of an app that runs already": (
        (DRILL, BY_COMMAND, by_address(", mutants: m", ", ports: {ollama: 11434}")),
        [(DRILL, 1, "an app by its address can be neither frozen nor mutated", "start it by a command")],
    ),
    "environment of an app that runs already": (
        (DRILL, BY_COMMAND, by_address(", environment: {A: b}", ", ports: {ollama: 11434}")),
        [
            (
                DRILL,
                1,
                "an app that runs already takes no environment and no directory",
                "take them out, or give its command in place of its address",
            )
        ],
    ),
    "users of an unknown phase": (
        (DRILL, "count: 3}", "count: 3, during: [fall]}"),
        [(DRILL, 4, "the drill has no phase 'fall'", "there is baseline, fault, recovery")],
    ),
    "users that act and rest": (
        (DRILL, "count: 3}", "count: 3, during: [fault], pauses_in: [baseline]}"),
        [(DRILL, 4, "BuyUser has both during and pauses_in", "one of them says it all")],
    ),
    "lock without an end": (
        (DRILL, "  breakdown: {}", "  breakdown: {service: sqlite, file: '{work}/a.db', hold: 1s}"),
        [(DRILL, 10, "missing key faults.breakdown.every", "")],
    ),
    "lock of a file nowhere": (
        (DRILL, "  breakdown: {}", "  breakdown: {service: sqlite, file: '{wrk}/a.db', hold: 1s, every: 2s}"),
        [(DRILL, 10, "{wrk} stands for nothing here", KNOWN)],
    ),
    "app that is broken otherwise": (
        (DRILL, "  breakdown: {}", "  breakdown: {service: app, effect: burn}"),
        [(DRILL, 10, "faults.breakdown.effect: Input should be 'freeze', not 'burn'", "")],
    ),
    "no load": (
        (DRILL, "load:\n  BuyUser: {users: 1, every: 1s, count: 3}", "load: {}"),
        [(DRILL, 3, "load is empty", "")],
    ),
    "ready that is no path": (
        (DRILL, "port: 8000", "port: 8000, ready: health"),
        [(DRILL, 1, "app.ready: a path starts with /, for example /health, not 'health'", "")],
    ),
    "conversion of a placeholder": (
        (DRILL, "[python]", '[python, "{ollama!q}"]'),
        [(DRILL, 1, "{ollama!q}: Unknown conversion specifier q", BRACES)],
    ),
    "format of a placeholder": (
        (DRILL, "[python]", '[python, "{ollama:d}"]'),
        [(DRILL, 1, "{ollama:d}: Unknown format code 'd' for object of type 'str'", BRACES)],
    ),
    "placeholder in a placeholder": (
        (DRILL, "[python]", '[python, "{ollama:{nope}}"]'),
        [(DRILL, 1, "{nope} stands for nothing here", KNOWN)],
    ),
    "placeholder without a name": (
        (DRILL, "[python]", '[python, "{}"]'),
        [(DRILL, 1, "{}: Format string contains positional fields", BRACES)],
    ),
    "attribute of a placeholder": (
        (DRILL, "port: 8000", 'port: 8000, environment: {URL: "{ollama.url}"}'),
        [(DRILL, 1, "{ollama.url}: 'str' object has no attribute 'url'", BRACES)],
    ),
    "fake twice": ((DRILL, "serve: [ollama]", "serve: [ollama, ollama]"), [(DRILL, 2, "duplicate fake ollama", "")]),
    "fault of the healthy run": (
        (DRILL, "serve: [ollama]", "serve: [ollama], config: {faults: {breakdown: {}}}"),
        [
            (
                DRILL,
                10,
                "fault breakdown has the name of one of the healthy run, on line 2",
                "a phase would switch that one off; give it another name",
            )
        ],
    ),
    "no phases": (
        (DRILL, DRILLED, "phases: []\n"),
        [(DRILL, 5, "phases is empty", "")],
    ),
    "two baselines": (
        (DRILL, "  - {name: fault,", "  - {name: baseline, for: 1s}\n  - {name: fault,"),
        [(DRILL, 7, "duplicate phase baseline", "")],
    ),
    "baseline that waits": (
        (DRILL, "name: baseline, for: 4s", "name: baseline, until: resolved, alert: High"),
        [(DRILL, 6, "phase baseline lasts `for` a time and has no faults", HEALTHY)],
    ),
    "baseline with faults": (
        (DRILL, "for: 4s", "for: 4s, faults: [breakdown]"),
        [(DRILL, 6, "phase baseline lasts `for` a time and has no faults", HEALTHY)],
    ),
    "baseline after faults": (
        (DRILL, "  - {name: baseline", "  - {name: storm, for: 1s, faults: [breakdown]}\n  - {name: baseline"),
        [(DRILL, 6, "phase storm has faults and stands before the baseline", HEALTHY)],
    ),
    "phase that the run adds": (
        (DRILL, "name: recovery", "name: drain"),
        [(DRILL, 8, "no phase can be named drain", "the run itself adds it after the last one")],
    ),
    "fault twice": ((DRILL, "[breakdown]", "[breakdown, breakdown]"), [(DRILL, 7, "duplicate fault breakdown", "")]),
    "until without an alert": (
        (DRILL, "until: resolved, alert: High", "until: resolved"),
        [
            (
                CONTRACT,
                19,
                "High: no phase after fault sees it resolved",
                "add a phase with `until: resolved` and `alert: High`",
            ),
            (DRILL, 8, "phase recovery needs both `until` and `alert` (or `alerts`), or neither", ""),
        ],
    ),
    "alert without until": (
        (DRILL, "for: 4s", "for: 4s, alert: High"),
        [(DRILL, 6, "phase baseline needs both `until` and `alert` (or `alerts`), or neither", "")],
    ),
    "phase that waits for no firing": ((DRILL, "until: firing", "until: resolved"), [(CONTRACT, 19, EFFECT, FIRING)]),
    "phase without faults": ((DRILL, ", faults: [breakdown]", ""), [(CONTRACT, 19, EFFECT, FIRING)]),
    "phase of an alert that only lasts": (
        (DRILL, "until: firing, alert: High", "for: 3s"),
        [(CONTRACT, 19, EFFECT, FIRING)],
    ),
    "never resolved": (
        (DRILL, "  - {name: recovery, until: resolved, alert: High}\n", ""),
        [
            (
                CONTRACT,
                19,
                "High: no phase after fault sees it resolved",
                "add a phase with `until: resolved` and `alert: High`",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake(problems_after: Callable[..., list[Expected]], case: str) -> None:
    """A mistake is told with its file, its line, what is wrong, and what would be right."""
    change, expected = CASES[case]
    assert problems_after(change) == expected


def test_only_an_app_that_the_run_started_can_be_frozen(problems_after: Callable[..., list[Expected]]) -> None:
    """A container's processes are Docker's: a signal to them would strike nothing."""
    changes = (
        (DRILL, "command: [python]", "image: shop"),
        (DRILL, "breakdown: {}", "breakdown: {service: app, effect: freeze}"),
    )
    expected = (DRILL, 10, "an app by its image can be neither frozen nor mutated", "start it by a command")
    assert problems_after(*changes) == [expected]
