"""The tests of a proved alert as a file that plain `promtool test rules` runs, written beside its rules, and tried."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from promdrill.durations import notation
from promdrill.errors import UsageError
from promdrill.prove.case import Case, input_series
from promdrill.prove.derived_life import GAP, NOTHING, RESET, DerivedLife, disturbances
from promdrill.prove.errors import OutOfReachError
from promdrill.prove.life import alerts_selector, change
from promdrill.prove.promtool import Dumper
from promdrill.prove.proof import Proof, State
from promdrill.rules.rulebook import ANYTHING, reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from promdrill.prove.inputs import InputPair
    from promdrill.prove.problem import Problem, Schedule
    from promdrill.prove.promtool import Fired, Promtool
    from promdrill.prove.recorded_life import RecordedLife
    from promdrill.rules.rulebook import Rulebook
    from promdrill.rules.rulefile import Placed, Rule

Asked = list[dict[str, Any]]
# Before the fault, at its end, and long after it.
EXPECTED: tuple[tuple[str, ...], ...] = ((), ("firing",), ())
SAYS = {
    NOTHING: "Without any series it stays silent.",
    GAP: "It stays silent where scrapes are missed.",
    RESET: "It stays silent where counters begin again from 0.",
}


@dataclass(frozen=True)
class Files:
    """The rule files of a test, the order of their groups, and whether another rule in them has the alert's name."""

    names: Sequence[str]
    groups: Sequence[str]
    shared: bool


def write_tests(problem: Problem, found: InputPair, life: DerivedLife, files: Files) -> str:
    """Return the test file of one alert."""
    says = f"What promdrill showed of {problem.rule.name}; run it with: promtool test rules FILE"
    return render_tests(says, _tests(problem, found, life, files), problem.plan, files)


def render_tests(says: str, tests: Iterable[tuple[str, dict[str, Any]]], plan: Schedule, files: Files) -> str:
    """Return a test file: what it is, then each test with the sentence that says what it shows."""
    lines = [
        f"# {says}",
        _dump(
            {
                "rule_files": list(files.names),
                "evaluation_interval": notation(plan.interval),
                "group_eval_order": list(files.groups),
            }
        ).rstrip(),
        "tests:",
    ]
    for sentence, test in tests:
        lines += [f"  # {sentence}", *(f"  {line}" for line in _dump([test]).rstrip().splitlines())]
    return "\n".join(lines) + "\n"


def _dump(data: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    return str(yaml.dump(data, Dumper=Dumper, sort_keys=False, width=4000, allow_unicode=True))


def _tests(problem: Problem, found: InputPair, life: DerivedLife, files: Files) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each test with the sentence that says what it shows."""
    plan, rule = problem.plan, problem.rule

    def test(name: str, case: Case, *asked: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "name": f"{rule.name}: {name}",
            "interval": notation(plan.sample),
            "input_series": input_series(case, plan.sample),
            "promql_expr_test": [one for part in asked for one in part],
        }

    state = partial(_state_tests, problem, files)
    pending = (state(life.pending, "pending"), state(life.firing - plan.interval, "pending")) if life.pending else ()
    after = (state(life.firing, "firing"), state(life.firing_until + plan.interval), state(life.case.end))
    whole = test(", ".join(life.states), life.case, state(life.fires_from - plan.interval), *pending, *after)
    if not files.shared:
        whole["alert_rule_test"] = [notification_test(rule, life.fired, life.last)]
    yield _story(problem, life), whole
    for name, motions, states, value in (("just under", found.under, (), 0), ("just over", found.over, ("firing",), 1)):
        if motions is not None and found.boundary is not None:
            case = Case(change(found.silent, motions, plan, life.case.segments[1].seconds))
            says = f"At {found.boundary[value]:.6g} it {'fires' if states else 'stays silent'}."
            yield says, test(name, case, state(case.end - plan.interval, *states))
    for name, case in disturbances(problem, found).items():
        if not life.also[name]:
            text = case.queries[0][0].replace(
                alerts_selector(rule, "firing"), alerts_selector(rule, "firing", shared=files.shared)
            )
            yield SAYS[name], test(name, case, [{"expr": text, "eval_time": notation(case.end), "exp_samples": []}])


def _state_tests(
    problem: Problem, files: Files, time: float, *states: str, instance: Mapping[str, str] | None = None
) -> Asked:
    """Return the tests of which states an alert, or one `instance` of it, is in at a time."""
    return [
        {
            "expr": f"group({alerts_selector(problem.rule, one, shared=files.shared, instance=instance)})",
            "eval_time": notation(time),
            "exp_samples": [{"labels": "{}", "value": 1}] if one in states else [],
        }
        for one in ("pending", "firing")
    ]


def notification_test(rule: Rule, fired: Iterable[Fired], at: float) -> dict[str, Any]:
    """Return a test of the alerts that fire at a time, with their labels and annotations."""
    alerts = [
        {
            "exp_labels": {label: value for label, value in one.labels.items() if label != "alertname"},
            "exp_annotations": dict(one.annotations),
        }
        for one in fired
    ]
    return {"eval_time": notation(at), "alertname": rule.name, "exp_alerts": alerts}


def _story(problem: Problem, life: DerivedLife) -> str:
    rule = problem.rule
    pending = f"pending at {notation(life.pending)}, " if life.pending is not None else ""
    held = f" (for: {rule.for_})" if life.pending is not None else ""
    kept = f" (keep_firing_for: {rule.keep_firing_for})" if rule.keep_firing_for else ""
    return (
        f"Silent until {notation(life.fires_from)}, then true from {notation(life.true_from)}: {pending}"
        f"firing at {notation(life.firing)}{held}, resolved after {notation(life.firing_until)}{kept}."
    )


def write_recorded_tests(problem: Problem, recorded: RecordedLife, files: Files) -> str:
    """Return the test file of one alert that lived through its recorded phases."""
    rule, plan, life = problem.rule, problem.plan, recorded.life
    at = dict(life.states)
    of_first = partial(_state_tests, problem, files, instance=recorded.labels)
    pending = [at["pending"], at["firing"] - plan.interval] if "pending" in at else []
    asked = [
        *_state_tests(problem, files, life.cause - plan.interval),
        *(one for time in dict.fromkeys(pending) for one in of_first(time, "pending")),
        *of_first(at["firing"], "firing"),
        *of_first(recorded.last, "firing"),
        *_state_tests(problem, files, recorded.case.end),
    ]
    told = {} if files.shared else {"alert_rule_test": [notification_test(rule, recorded.fired, recorded.last)]}
    story = ", ".join(f"{name} at {notation(time)}" for name, time in life.states[1:])
    return _render_recorded(problem, recorded, files, story, {"promql_expr_test": asked, **told})


def write_expected_tests(problem: Problem, recorded: RecordedLife, files: Files) -> str:
    """Return the test file of one that did otherwise than its rule says: what it should have done, which fails."""
    times = (recorded.life.cause - problem.plan.interval, recorded.last, recorded.case.end)
    silent, fires, over = (
        _state_tests(problem, files, time, *states) for time, states in zip(times, EXPECTED, strict=True)
    )
    story = f"it should fire by then and then resolve, and {recorded.life.broken}"
    return _render_recorded(problem, recorded, files, story, {"promql_expr_test": [*silent, *fires, *over]})


def _render_recorded(problem: Problem, recorded: RecordedLife, files: Files, story: str, asked: dict[str, Any]) -> str:
    rule, plan, life = problem.rule, problem.plan, recorded.life
    test = {
        "name": f"{rule.name}: {', '.join(state for state, _ in life.states)}",
        "interval": notation(plan.sample),
        "input_series": input_series(recorded.case, plan.sample),
        **asked,
    }
    says = (
        f"Healthy load as recorded until {notation(life.cause)}, its fault as recorded until {notation(life.cured)},"
        f" then healthy load again: {story}."
    )
    head = f"What a drill recorded around {rule.name}, in the rule's own time; run it with: promtool test rules FILE"
    return render_tests(head, [(says, test)], plan, files)


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
    life, found, problem = proof.life, proof.found, proof.problem
    if life is None or found is None or problem is None:
        return proof
    place = Place(folder, file_name(proof), copies)
    said = keep(problem, life.case, place, promtool, lambda files: write_tests(problem, found, life, files))
    if not said:
        return replace(proof, test=place.name)
    if proof.state is not State.PROVED:
        return proof
    return replace(proof, state=State.OUT_OF_REACH, message=f"its own tests do not pass: {said}")


def keep(problem: Problem, case: Case, place: Place, promtool: Promtool, text: Callable[[Files], str]) -> str:
    """Write a test file that passes on the copies of an alert's rule files; return what promtool says against it.

    Where another rule of those files cannot be evaluated on its input, it gets a file of its own rules only, and so it
    does where there are no copies: its tests then take as long in a file of a hundred rules as in one of ten.
    """
    folder, data = place.folder, problem.book.file_for(problem.rule)
    shared = is_shared(problem)
    alone = place.name.replace(".test.", ".rules.")
    own = Files((alone,), [group["name"] for group in data["groups"]], shared)
    whole = whole_files(problem, place.copies)
    (folder / alone).write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def write(files: Files) -> None:
        (folder / place.name).write_text(text(files), encoding="utf-8")

    # Rules that read none of its series cannot fail on them: running hundreds of them for each alert takes minutes.
    by_all = shared or _others_read(problem, case)
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


def whole_files(problem: Problem, copies: Mapping[str, str]) -> Files | None:
    """Return the copies of an alert's rule files; None where there are none, or promtool cannot be told their order."""
    rule = problem.rule
    files = dict.fromkeys(one.file for one in (*problem.book.feeding(rule), rule))
    groups = [group for _, group in problem.book.order(rule, files)]
    # promtool is told the order of groups by their names: where two have one name, it has none.
    if not copies or len(set(groups)) != len(groups):
        return None
    return Files(tuple(copies[file] for file in files), groups, is_shared(problem))


def is_shared(problem: Problem) -> bool:
    """Tell whether another rule has the alert's name."""
    return Counter(one.rule.name for one in problem.book.alerts)[problem.rule.name] > 1


def _complaint(folder: Path, name: str, promtool: Promtool) -> str:
    """Return what promtool says against a test file; nothing where it passes."""
    try:
        code, said = promtool.test(folder, [name])
    except OutOfReachError as error:
        return str(error)
    return " ".join(said.split())[:300] if code else ""


def _others_read(problem: Problem, case: Case) -> bool:
    """Tell whether a rule that an alert does not need may read the series of its tests."""
    given = {dict(labels)["__name__"] for segment in case.segments for labels in segment.motions}
    needed = {id(one) for one in (problem.rule, *problem.book.feeding(problem.rule))}
    others = (one.rule for one in problem.book.rules if id(one.rule) not in needed)
    return any(reads(rule.expr) & (given | {ANYTHING}) for rule in others)


def file_name(proof: Proof) -> str:
    """Return the name of an alert's test file; those of one name are told apart by a number."""
    plain = _plain(proof.placed)
    alerts = proof.problem.book.alerts if proof.problem else (proof.placed,)
    nth = [one.key for one in alerts if _plain(one) == plain].index(proof.placed.key)
    return f"{plain}{f'-{nth + 1}' if nth else ''}.test.yml"


def _plain(placed: Placed) -> str:
    """Return an alert's name as files may be named; `Full(>80%)` and `Full(<80%)` then have the same one."""
    return re.sub(r"[^\w.-]", "_", placed.rule.name)
