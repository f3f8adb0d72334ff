"""The load generator itself could do what was asked of it: what it measured is the app, and not its own lateness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill.checks.registry import ResultsFor, check
from promdrill.load.meter import Latencies
from promdrill.load.thresholds import count_arrivals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promdrill.evidence import Evidence
    from promdrill.model import Result

PERCENT = 99


@check("gate")
def gate(evidence: Evidence) -> Iterator[Result]:
    """No arrival was dropped, none was handed over late, no process of the load was short of time, none was lost."""
    processes: Mapping[str, Any] = evidence.load_report["processes"]
    yield _processes(evidence, processes)
    if any(users.arrivals for users in evidence.scenario.drill.load.values()) and not evidence.run.short:
        yield from _arrivals(evidence, processes)


def _arrivals(evidence: Evidence, processes: Mapping[str, Any]) -> Iterator[Result]:
    budget = evidence.scenario.drill.gate
    for name, users in evidence.scenario.drill.load.items():
        if users.arrivals is None:
            continue
        due, dropped = count_arrivals(processes, {name})
        lag = Latencies()
        for fared in processes.values():
            if name in fared["arrivals"]:
                lag.add(Latencies.unpack(fared["arrivals"][name]["lag"]))
        late = lag.percentile(PERCENT)
        claim = ResultsFor("load", f"arrivals of {name}")
        numbers = {"due": due, "dropped": dropped, "lag_p99": round(late, 6)}
        if not due:
            yield claim.inconclusive(
                f"{name}: no arrival came due", "look at its stages, and at the phases in which it pauses", **numbers
            )
        elif dropped > budget.dropped * due:
            yield claim.inconclusive(
                f"{name}: {dropped} of {due} arrivals found none of {users.users} users free within"
                f" {users.arrivals.patience:g} s and were dropped",
                "give the run a quieter machine, more users or patience, or fewer arrivals; or allow it: gate.dropped",
                **numbers,
            )
        elif late > budget.lag:
            yield claim.inconclusive(
                f"{name}: the load generator handed arrivals over {late * 1000:.1f} ms late (99th percentile); the"
                f" limit is {budget.lag * 1000:g} ms",
                "give the run a quieter machine, more processes, or fewer arrivals",
                **numbers,
            )
        else:
            yield claim.passed(
                f"{due} arrivals due, {dropped} dropped, handed over {late * 1000:.1f} ms late at most in 99 of 100",
                **numbers,
            )


def _processes(evidence: Evidence, processes: Mapping[str, Any]) -> Result:
    """Judge what the processes of the load used of a core, from the baseline to the drain."""
    claim = ResultsFor("load", "generator")
    start, end = evidence.baseline.start, evidence.run.phases[-1].start
    offset = evidence.run.monotonic_offset
    used = {}
    for name, fared in processes.items():
        within = [sample["cpu"] for sample in fared["samples"] if start <= sample["at"] + offset <= end]
        used[name] = round(sum(within) / len(within), 3) if within else 0.0
    numbers: dict[str, Any] = {"cpu": used, "lost": list(evidence.load_report["lost"])}
    if numbers["lost"]:
        return claim.inconclusive(
            f"lost during the run: {', '.join(numbers['lost'])}; the last rows of a lost process are missing",
            "look at their logs, and run again",
            **numbers,
        )
    budget = evidence.scenario.drill.gate.cpu
    if short := {name: share for name, share in used.items() if share > budget}:
        share = max(short.values())
        return claim.inconclusive(
            f"{len(short)} of {len(used)} processes of the load used {share:.0%} of a core, the budget of each is"
            f" {budget:.0%}: the measured latencies may be their own",
            "spread the load over more processes or machines, or ask for less",
            **numbers,
        )
    share = max(used.values(), default=0.0)
    return claim.passed(f"no process of the load used more than {share:.0%} of a core", **numbers)
