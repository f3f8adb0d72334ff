"""Named ways to break rules and their delivery are caught by a full drill, each alert named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.drill.rule_mutants import offer
from promdrill.rules.mutants import TRANSFORMATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command import Command

pytestmark = pytest.mark.e2e

# Each alert broken in one way, so that one run shows many: every transformation that a bundled system can show.
BROKEN_RUNS = {
    "values": (
        "content_creation_crew",
        {
            "HighLLMErrorRate": "threshold_times_10",
            "SlowLLMCalls": "recording_lost",
            "HighStorageBandwidth": "window_of_one_scrape",
            "HighVideoRenderFailureRate": "operands_swapped",
            "SlowVideoRenders": "recording_label_changed",
            "HighTTSErrorRate": "join_mismatched",
            "SlowTTSSynthesis": "recording_renamed",
            "RetentionCleanupFailed": "comparison_reversed",
            "HighStorageFailureShare": "template_label_misspelt",
            "LowDailyStorageRecovery": "fallback_added",
            "": "grouped_apart",
        },
    ),
    "more values": (
        "content_creation_crew",
        {
            "HighLLMErrorRate": "increase_for_rate",
            "SlowLLMCalls": "median_for_quantile",
            "HighStorageFailureRate": "rate_lost",
            "HighStorageBandwidth": "offset_added",
            "HighVideoRenderFailureRate": "value_as_label",
            "SlowVideoRenders": "matcher_misspelt",
            "HighTTSErrorRate": "annotation_emptied",
            "SlowTTSSynthesis": "recording_labels_lost",
            "RetentionCleanupFailed": "metric_misspelt",
            "HighStorageFailureShare": "grouping_lost",
            "LowDailyStorageRecovery": "comparison_lost",
            "": "routes_lost",
        },
    ),
    "decisions": (
        "ai_shorts",
        {
            "BatchProcessingFailure": "severity_lost",
            "ServiceDown": "comparison_bool",
            "HighErrorRate": "divisor_lost",
            "HighLatency": "duplicated_without_for",
            "LLMHighErrorRate": "matcher_lost",
            "HighActiveJobs": "fires_on",
            "LowCacheHitRate": "or_for_and",
            "HighP95Latency": "threshold_divided_by_10",
            "P99LatencyAboveTarget": "for_divided_by_10",
            "CacheHitRateBelowTarget": "aggregation_lost",
            "": "inhibition_lost",
        },
    ),
    "delivery": (
        "aurea_orchestrator",
        {
            "HighLatency": "muted",
            "HighErrorRate": "sent_nowhere",
            "HighCostRate": "sent_elsewhere",
            "HighTokenUsage": "alert_renamed",
            "HighTotalCostRate": "rule_lost",
            "HighTotalTokenUsage": "evaluated_in_weeks",
        },
    ),
    "labels": (
        "digital_actors",
        {
            "HighErrorRate": "severity_changed",
            "SlowResponses": "annotation_lost",
            "NoSessions": "for_times_10",
            "SlowLLM": "for_lost",
            "SlowTTS": "template_braces_lost",
            "": "resolved_unsent",
        },
    ),
}


# What is said of an alert that no mutant of its own breaks, where the delivery of all is broken.
SIGNS = {
    "resolved_unsent": "its receiver was not notified",
    "routes_lost": "notified drill",
    "grouped_apart": "arrived in a group by",
    "inhibition_lost": "was notified",
}


@pytest.mark.parametrize("run", BROKEN_RUNS)
def test_rule_mutants_are_caught(promdrill: Callable[..., Command], tmp_path: Path, run: str) -> None:
    """The run fails with exit 1, and a failed result names each alert with what was expected and what was seen."""
    system, broken = BROKEN_RUNS[run]
    names = [f"{mutant}:{alert}" if alert else mutant for alert, mutant in broken.items()]
    options = [f"--rule-mutant={name}" for name in names]
    command = promdrill("run", system, *options, "--json", "v.json", "--evidence", "e")
    command.again_if_busy()
    assert command.ended() == 1, command.said()
    verdict = json.loads((tmp_path / "v.json").read_text(encoding="utf-8"))
    record = json.loads((tmp_path / "e" / "run.json").read_text(encoding="utf-8"))
    assert (verdict["mutant"], record["rule_mutants"]) == (", ".join(names), names)
    # What is told of the alert itself: an erratum that speaks of it may fail for the sake of another.
    failed = {
        one["subject"]: one
        for one in verdict["results"]
        if (one["status"], one["kind"]) == ("failed", "alert") and "erratum" not in one["evidence"]
    }
    assert {alert for alert in broken if alert} - set(failed) == set()
    assert all(one["evidence"] and one["remedy"] for one in failed.values())
    if sign := SIGNS.get(broken.get("", "")):
        assert {alert for alert, one in failed.items() if sign in one["message"]} - set(broken)


def test_every_transformation_is_run() -> None:
    """Each transformation that a bundled system can show is in one of these runs; the others show in none of them."""
    run = {mutant for _, broken in BROKEN_RUNS.values() for mutant in broken.values()}
    offered = {
        mutant.transformation.name
        for system, _ in BROKEN_RUNS.values()
        for mutant in offer(load_scenario(conventions.SCENARIOS / system)).mutants.values()
    }
    unseen = {"and_for_or", "absent_lost", "branch_lost", "rate_for_increase"}
    assert (run, set(TRANSFORMATIONS) - run) == (offered, unseen)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--short", "content_creation_crew"),
            "a rule mutant shows in the phases of alerts, which a short run leaves out",
        ),
        (("--all",), "a mutant breaks one app: name one system"),
        (("aurea_orchestrator",), "there is no rule mutant 'sent_nowhere:Nobody'"),
    ],
)
def test_wrong_use_starts_nothing(promdrill: Callable[..., Command], arguments: tuple[str, ...], said: str) -> None:
    """What cannot be meant is told, and ends with 2."""
    command = promdrill("run", *arguments, "--rule-mutant", "sent_nowhere:Nobody")
    assert command.ended() == 2
    assert said in command.said()


def test_list(promdrill: Callable[..., Command]) -> None:
    """Those that are offered are listed with what is broken, and those that are not with the reason."""
    command = promdrill("mutants", "aurea_orchestrator", "--rules")
    assert command.ended() == 0
    told = dict(line.split(maxsplit=1) for line in command.said().splitlines())
    offered = offer(load_scenario(conventions.SCENARIOS / "aurea_orchestrator"))
    assert told == {
        **{name: mutant.transformation.what for name, mutant in offered.mutants.items()},
        **{name: f"not offered: {reason}" for name, reason in offered.refused.items()},
    }
