from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from conftest import Fakes

FAULT = {"service": "ollama", "effect": {"status": 500}}


def refusals(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return path and message of each error of a refused change."""
    assert answer.status_code == 400
    return [(error["path"], error["message"]) for error in answer.json()["errors"]]


def test_a_bad_change_tells_all_its_errors_and_changes_nothing(fakes: Fakes) -> None:
    """A change is validated whole; where one part is wrong, the good parts have no effect either."""
    before = fakes.control.get("/config").json()
    patch = {
        "seed": "one",
        "speed": 3,
        "ollama": {"models": [], "tokens_per_second": -1},
        "latency": {"s3": {"GetObject": {"constant": {"seconds": 1}, "uniform": {"low": 0, "high": 1}}}},
        "faults": {"x": {"service": "ollama", "effect": {"status": 200}}},
        "s3": {"buckets": ["more"]},
    }
    choices = "constant, uniform, lognormal, gamma, empirical, mixture"
    assert refusals(fakes.control.patch("/config", json=patch)) == [
        ("ollama.models", "Tuple should have at least 1 item after validation, not 0"),
        ("ollama.tokens_per_second", "Input should be greater than 0"),
        ("seed", "Input should be a valid integer"),
        (
            "latency.s3.GetObject",
            f"Value error, give exactly one of {choices}; given: constant, uniform",
        ),
        ("faults.x.effect.status", "Input should be greater than or equal to 400"),
        ("speed", "Extra inputs are not permitted"),
    ]
    assert fakes.control.get("/config").json() == before


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"trigger": {"every": 2, "first": 1}}, "trigger"),
        ({"trigger": {"every": 0}}, "trigger.every"),
        ({"trigger": {"after": 2, "until": 2}}, "trigger"),
        ({"trigger": {"probability": 1.5}}, "trigger.probability"),
        ({"effect": {}}, "effect"),
        ({"effect": {"status": 500, "hang": True}}, "effect"),
        ({"effect": {"hang": False}}, "effect.hang"),
        ({"effect": {"latency": 1, "code": "x"}}, "effect"),
        ({"effect": {"omit": []}}, "effect.omit"),
        ({"effect": {"dribble": {"bytes": 0, "every": 1}}}, "effect.dribble.bytes"),
        ({"effect": {"bandwidth": 0}}, "effect.bandwidth"),
        ({"service": "s3", "effect": {"omit": ["usage"]}}, ""),
        ({"match": {"colour": "red"}}, "match.colour"),
        ({"match": {"voice": "x"}}, ""),
        ({"match": {"route": ["generate", "sing"]}}, ""),
        ({"service": "tts", "effect": {"midstream_error": "x"}}, ""),
        ({"service": "smtp"}, "service"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fakes: Fakes, change: dict[str, Any], path: str) -> None:
    """A fault that could never strike, or of which it is unclear what it does, is refused with the place."""
    assert [where for where, _ in refusals(fakes.control.put("/faults/x", json={**FAULT, **change}))] == [path]
    assert fakes.control.get("/faults").json() == {}


def test_what_is_not_json_is_refused(fakes: Fakes) -> None:
    """A body that is no JSON, or no object, is a 400."""
    assert refusals(fakes.control.patch("/config", content=b"{"))[0][1].startswith("not JSON")
    assert refusals(fakes.control.patch("/config", json=[1])) == [("", "a configuration is an object")]
    assert fakes.control.post("/reset", params={"seed": "x"}).status_code == 400


def test_a_change_leaves_the_rest(fakes: Fakes) -> None:
    """Only what is given changes; null takes away, and sets a field back to its default."""
    slow, fast = ({"constant": {"seconds": seconds}} for seconds in (1.0, 0.5))
    fakes.configure(latency={"s3": {"GetObject": slow, "*": slow}, "tts": {"*": slow}}, ollama={"min_tokens": 3})
    fakes.configure(latency={"s3": {"GetObject": {"uniform": {"low": 0, "high": 1}}, "*": None}}, faults={"x": FAULT})
    fakes.configure(latency={"tts": {"stream": fast}}, ollama={"max_tokens": 9, "version": None})
    config = fakes.control.get("/config").json()
    assert config["latency"] == {
        "s3": {"GetObject": {"uniform": {"low": 0.0, "high": 1.0}}},
        "tts": {"*": slow, "stream": fast},
    }
    assert (config["ollama"]["min_tokens"], config["ollama"]["max_tokens"]) == (3, 9)
    assert list(config["faults"]) == ["x"]


def test_a_whole_configuration_replaces_what_was(fakes: Fakes) -> None:
    """PUT leaves nothing of what was before, faults neither; one that is wrong changes nothing."""
    fakes.configure(seed=5, s3={"buckets": ["here"]}, faults={"x": FAULT})
    before = fakes.control.get("/config").json()
    assert refusals(fakes.control.put("/config", json={"speed": 1})) == [("speed", "Extra inputs are not permitted")]
    assert fakes.control.get("/config").json() == before
    given = {"ollama": {"min_tokens": 3}, "load_factor": {"s3": 0.5}}
    config = fakes.control.put("/config", json=given).json()
    assert config == fakes.control.get("/config").json()
    assert (config["seed"], config["faults"], config["s3"]["buckets"]) == (1, {}, ["artifacts"])
    assert (config["ollama"]["min_tokens"], config["load_factor"]) == (3, {"s3": 0.5})


def test_the_configuration_goes_back_in_as_it_came_out(fakes: Fakes) -> None:
    """What GET tells, PATCH takes, and nothing changes by it."""
    mixture = {"mixture": {"parts": [{"weight": 1.0, "of": {"constant": {"seconds": 1.0}}}]}}
    rule = {**FAULT, "match": {"route": ["chat"], "header": {"a": "b"}}, "trigger": {"every": 2, "per": "operation"}}
    fakes.configure(latency={"s3": {"*": mixture}}, faults={"x": rule})
    config = fakes.control.get("/config").json()
    fakes.configure(**config)
    assert fakes.control.get("/config").json() == config
    assert (config["faults"]["x"], config["latency"]) == (rule, {"s3": {"*": mixture}})


def test_the_fakes_have_metrics_of_their_own(fakes: Fakes) -> None:
    """Requests in flight, faults served and the lag of the event loop are exposed to Prometheus."""
    fakes.fault("ollama", {"status": 500})
    httpx.get(f"{fakes.urls['ollama']}/api/version")
    families = {family.name: family for family in text_string_to_metric_families(fakes.control.get("/metrics").text)}
    assert {name: family.type for name, family in families.items()} == {
        "fake_requests_in_flight": "gauge",
        "fake_requests_queued": "gauge",
        "fake_faults_served": "counter",
        "fake_event_loop_lag_seconds": "gauge",
        "fake_event_loop_lag_max_seconds": "gauge",
    }
    assert [(sample.labels, sample.value) for sample in families["fake_faults_served"].samples] == [
        ({"fault": "fault"}, 1)
    ]
    assert [sample.value for sample in families["fake_requests_in_flight"].samples] == [0, 0, 0]
