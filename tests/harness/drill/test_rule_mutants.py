from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from promdrill import conventions
from promdrill.contract import bundled_systems, load_scenario
from promdrill.drill.rule_mutants import find_rule_mutants, offer
from promdrill.errors import Exit, UsageError
from promdrill.rules.compress import compress
from promdrill.rules.mutants import break_rules, reroute
from promdrill.rules.mutants.table import Target
from promdrill.rules.promql import squeeze
from promdrill.stack import binaries

if TYPE_CHECKING:
    from pathlib import Path

    from promdrill.contract import Scenario
    from promdrill.rules.rulefile import Rule

SYSTEM = "content_creation_crew"


@pytest.fixture(params=bundled_systems())
def scenario(request: pytest.FixtureRequest) -> Scenario:
    """Each bundled system."""
    return load_scenario(conventions.SCENARIOS / request.param)


def rules_of(scenario: Scenario, replaced: dict[int, tuple[Rule, ...]]) -> list[Rule]:
    """Return a system's rules with some replaced."""
    return [one for place, rule in enumerate(scenario.rules) for one in replaced.get(place, (rule,))]


def test_bundled(scenario: Scenario) -> None:
    """A bundled system is offered 30 transformations or more, each for an alert that its drill makes fire."""
    offered = offer(scenario)
    assert len({mutant.transformation.name for mutant in offered.mutants.values()}) >= 30
    assert {mutant.alert for mutant in offered.mutants.values()} - {None} == set(scenario.contract.drilled_alerts)
    assert all(offered.refused.values())
    assert set(offered.mutants) & set(offered.refused) == set()


def test_prometheus_takes_them(scenario: Scenario, tmp_path: Path) -> None:
    """Every mutant that is offered is one that Prometheus loads, and differs from the documented rules."""
    compressed = compress(scenario.rules, scenario.scrape_seconds)
    for index, (name, mutant) in enumerate(offer(scenario).mutants.items()):
        files = break_rules(scenario.rules, compressed, [mutant]).files
        delivery = mutant.transformation.target in {Target.ROUTE, Target.ROUTING}
        assert (files == dict(compressed.files)) is delivery, name
        for file, text in files.items() if not delivery else ():
            if text != compressed.files[file]:
                (tmp_path / f"{index}-{file}").write_text(text, encoding="utf-8")
    promtool = str(binaries.find("promtool").path)
    written = [path.name for path in tmp_path.iterdir()]
    command = [promtool, "check", "rules", "--lint=none", *written]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_contract_refuses_them(scenario: Scenario) -> None:
    """In the rule file, what is changed of an alert's expression, `for`, severity, annotations or name is refused."""
    unpromised = {"fires_on", "value_as_label", "duplicated_without_for", "evaluated_in_weeks"}
    for name, mutant in offer(scenario).mutants.items():
        if mutant.transformation.target is not Target.RULE or mutant.transformation.name in unpromised:
            continue
        promised = scenario.contract.alerts[str(mutant.alert)]
        found = [one for rules in mutant.replaced.values() for one in rules if one.alert == mutant.alert]
        kept = [
            one
            for one in found
            if squeeze(one.expr) == squeeze(promised.expr)
            and one.for_ == promised.for_
            and one.labels.get("severity") == promised.severity
            and promised.annotations.items() <= one.annotations.items()
        ]
        assert kept == [], name


def test_factors_are_those_of_the_documented_rules() -> None:
    """A mutated rule is compressed as the documented one is: ten times its `for` lasts ten times as long."""
    scenario = load_scenario(conventions.SCENARIOS / SYSTEM)
    compressed = compress(scenario.rules, scenario.scrape_seconds)
    names = ["for_times_10:HighLLMErrorRate", "alert_renamed:HighTTSErrorRate", "window_of_one_scrape:SlowLLMCalls"]
    broken = break_rules(scenario.rules, compressed, find_rule_mutants(scenario, names))
    groups = [group for text in broken.files.values() for group in yaml.safe_load(text)["groups"]]
    rules = {rule.get("alert"): rule for group in groups for rule in group["rules"]}
    windows = {rule["expr"] for group in groups for rule in group["rules"] if "llm_call_seconds_bucket" in rule["expr"]}
    assert (broken.factors, rules["HighLLMErrorRate"]["for"], rules["HighTTSErrorRateRenamed"]["for"]) == (
        compressed.factors,
        "50s",
        "5s",
    )
    assert "histogram_quantile(0.95, sum by (model, le) (rate(llm_call_seconds_bucket[250ms])))" in windows


def test_delivery() -> None:
    """What breaks the delivery leaves the rules alone, and what breaks the rules leaves the delivery alone."""
    names = ["sent_nowhere:HighLLMErrorRate", "muted:SlowLLMCalls", "rule_lost:HighTTSErrorRate", "resolved_unsent"]
    receivers = [{"name": "drill", "webhook_configs": [{"url": "http://127.0.0.1:1", "send_resolved": True}]}]
    routing = reroute({"route": {"receiver": "drill"}, "receivers": receivers}, names)
    routes = [(route["matchers"], set(route) - {"matchers"}) for route in routing["route"]["routes"]]
    assert routes == [
        (['alertname="SlowLLMCalls"'], {"mute_time_intervals"}),
        (['alertname="HighLLMErrorRate"'], {"receiver"}),
    ]
    assert reroute({"route": {}}, names[2:3]) == {"route": {}}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["threshold_times_1:HighLLMErrorRate"],
            (
                "there is no rule mutant 'threshold_times_1:HighLLMErrorRate' (did you mean"
                " 'threshold_times_10:HighLLMErrorRate'?); `promdrill mutants --rules` lists them"
            ),
        ),
        (
            ["threshold_times_10:RetentionCleanupFailed"],
            "the rule mutant threshold_times_10:RetentionCleanupFailed is not offered: ten times zero is zero",
        ),
        (
            ["rule_lost:LowStorageRecovery"],
            "the rule mutant rule_lost:LowStorageRecovery is not offered: no phase of the drill makes it fire",
        ),
        (
            ["inhibition_lost"],
            "the rule mutant inhibition_lost is not offered: Alertmanager's configuration has no inhibit_rules",
        ),
        (
            ["rule_lost:HighLLMErrorRate", "muted:HighLLMErrorRate"],
            (
                "muted:HighLLMErrorRate and rule_lost:HighLLMErrorRate change the same, and one could hide the other:"
                " run them separately"
            ),
        ),
    ],
)
def test_wrong_use(names: list[str], message: str) -> None:
    """A name that is not offered, and two mutants of one alert, are a wrong use that says why."""
    with pytest.raises(UsageError) as raised:
        find_rule_mutants(load_scenario(conventions.SCENARIOS / SYSTEM), names)
    assert (str(raised.value), raised.value.exit_code) == (message, Exit.WRONG_USE)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the documentation's example."""
    return shutil.copytree(conventions.ROOT / "docs" / "examples" / "haiku", tmp_path / "own")


def test_unseen(own: Path) -> None:
    """A mutant that a system's own file says no run can show is not offered, for that reason."""
    name = "divisor_lost:HaikuFailing"
    assert name in offer(load_scenario(own)).mutants
    (own / conventions.UNSEEN_MUTANTS).write_text(f"{name}: it is the same here\n", encoding="utf-8")
    offered = offer(load_scenario(own))
    assert (name in offered.mutants, offered.refused[name]) == (False, "it is the same here")


def test_no_receiver_is_promised(own: Path) -> None:
    """Where a contract promises no receiver, no run shows that another one is told."""
    refused = offer(load_scenario(own)).refused
    names = ("sent_elsewhere:HaikuFailing", "routes_lost")
    assert {refused[name] for name in names} == {"the contract promises no receiver"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule_lost:Nothing: it is gone\n", "there is no rule mutant rule_lost:Nothing"),
        (
            "divisor_lost:HaikuFailing:\n",
            "holds the names of rule mutants, each with the reason why no run can show it",
        ),
        ("- divisor_lost\n", "holds the names of rule mutants, each with the reason why no run can show it"),
    ],
)
def test_bad_file_of_unseen(own: Path, text: str, message: str) -> None:
    """A file of unseen mutants that names none, or gives no reason, is a wrong use."""
    (own / conventions.UNSEEN_MUTANTS).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        offer(load_scenario(own))
