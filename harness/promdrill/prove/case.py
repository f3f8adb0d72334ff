"""Tests as promtool reads them: series that move in one way, then in another, and what is asked at which time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promdrill.durations import notation
from promdrill.prove.series import ABSENT, COPY, Kind, Stretch, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promdrill.prove.series import Labels, Motions

# Names that need no quotes; those of Prometheus 3 may be anything.
PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True)
class Segment:
    """Series moving in one way for some seconds; `missed` and `reset` as in a `Stretch`."""

    motions: Motions
    seconds: float
    missed: bool = False
    reset: bool = False


@dataclass(frozen=True)
class Case:
    """One test: its segments, queries (expression, time in seconds), and when to look at the alert itself."""

    segments: tuple[Segment, ...]
    queries: tuple[tuple[str, float], ...] = ()
    alert: tuple[str, float] | None = None

    @property
    def end(self) -> float:
        """When the last segment ends, in seconds."""
        return sum(segment.seconds for segment in self.segments)


def concatenate(cases: Sequence[Case], apart: float) -> Case:
    """Return cases as one, each after the other; `apart` is for how long the last segment of each goes on."""
    segments: list[Segment] = []
    queries: list[tuple[str, float]] = []
    begins = 0.0
    for case in cases:
        *first, last = case.segments
        segments += [*first, replace(last, seconds=last.seconds + apart)]
        queries += [(text, begins + time) for text, time in case.queries]
        begins += case.end + apart
    return Case(tuple(segments), tuple(queries))


def input_series(case: Case, sample: float) -> list[dict[str, str]]:
    """Return the input series of a case; one that is in no segment anywhere is not there."""
    names = {labels: None for segment in case.segments for labels in segment.motions}
    found = []
    for labels in sorted(names, key=sorted):
        moves = [segment.motions.get(labels, ABSENT) for segment in case.segments]
        if all(motion.kind is Kind.ABSENT for motion in moves):
            continue
        copies = max(motion.copies for motion in moves)
        for copy in range(copies):
            stretches = [
                Stretch(
                    motion if motion.copies > copy else ABSENT,
                    round(segment.seconds / sample) + (segment is case.segments[-1]),
                    segment.missed,
                    segment.reset,
                )
                for motion, segment in zip(moves, case.segments, strict=True)
            ]
            found.append(
                {"series": _series_name(labels, copy if copies > 1 else None), "values": render(stretches, sample)}
            )
    return found


def _series_name(labels: Labels, copy: int | None) -> str:
    values = dict(labels)
    name = values.pop("__name__")
    if copy is not None:
        values[COPY] = str(copy + 1)
    inner = [f"{_name(label)}={quote(value)}" for label, value in sorted(values.items())]
    if not PLAIN.fullmatch(name):
        return f"{{{','.join((quote(name), *inner))}}}"
    return f"{name}{{{','.join(inner)}}}" if inner else name


def _name(label: str) -> str:
    return label if PLAIN.fullmatch(label) else quote(label)


def quote(text: str) -> str:
    """Return text as PromQL quotes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def test_data(case: Case, name: str, sample: float) -> dict[str, Any]:
    """Return a case as a test file holds it, expecting nothing: what promtool got instead is what is observed."""
    data: dict[str, Any] = {"name": name, "interval": notation(sample), "input_series": input_series(case, sample)}
    if case.queries:
        data["promql_expr_test"] = [
            {"expr": f"{text}\n# {name} {index}", "eval_time": notation(time)}
            for index, (text, time) in enumerate(case.queries)
        ]
    if case.alert:
        data["alert_rule_test"] = [{"eval_time": notation(case.alert[1]), "alertname": case.alert[0]}]
    return data
