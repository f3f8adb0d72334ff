from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from conftest import Fakes

NAME = "X-Promdrill-Fault"


def get(fakes: Fakes, text: str, provider: str = "ollama", path: str = "/api/version") -> httpx.Response:
    """Return the answer to a request with this header."""
    return httpx.get(f"{fakes.urls[provider]}{path}", headers={NAME: text})


def test_a_request_asks_for_its_own_fault(fakes: Fakes) -> None:
    """Where it is let, a request suffers the effect that its header names, before any other fault, which counts it."""
    fakes.configure(fault_header=True)
    fakes.fault("ollama", {"status": 500, "message": "other"}, trigger={"every": 2})
    for _ in range(2):
        answer = get(fakes, json.dumps({"status": 503, "message": "mine"}))
        assert (answer.status_code, answer.json()) == (503, {"error": "mine"})
    assert fakes.told("status", "error", "fault") == [(503, "mine", NAME)] * 2
    served = [line for line in fakes.control.get("/metrics").text.splitlines() if line.startswith("fake_faults_served")]
    assert served == ['fake_faults_served_total{fault="fault"} 0.0', f'fake_faults_served_total{{fault="{NAME}"}} 2.0']


def test_the_header_is_nothing_unless_it_is_let(fakes: Fakes) -> None:
    """Without `fault_header` the header is one of those that nobody knows."""
    assert get(fakes, '{"status": 503}').status_code == 200
    assert get(fakes, "{").status_code == 200
    assert fakes.told("outcome", "fault") == [("ok", None)] * 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"status": 200}', "effect.status: Input should be greater than or equal to 400"),
        ('{"colour": 1, "hang": true}', "effect.colour: Extra inputs are not permitted"),
        ("[]", "effect: Input should be an object"),
    ],
)
def test_a_bad_header_is_a_400_that_names_it(fakes: Fakes, text: str, told: str) -> None:
    """The provider's own envelope says which header is wrong, where and how; no fault is served."""
    fakes.configure(fault_header=True)
    answer = get(fakes, text)
    message = f"{NAME}: {told if told.startswith('effect') else f'(all): {told}'}"
    assert (answer.status_code, answer.json()) == (400, {"error": message})
    assert fakes.told("status", "error", "fault") == [(400, message, None)]


def test_an_effect_that_the_service_cannot_have_is_refused(fakes: Fakes) -> None:
    """The header is validated for the service that gets it."""
    fakes.configure(fault_header=True)
    answer = get(fakes, '{"midstream_error": "x"}', "elevenlabs", "/v1/voices")
    message = f"{NAME}: (all): Value error, midstream_error is for ollama and s3; tts has no such thing"
    assert (answer.status_code, answer.json()["detail"]["message"]) == (400, message)
