from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from promdrill_examples import mutation

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from conftest import App, Fakes

    Start = Callable[..., AbstractContextManager[App]]
    Refused = Callable[..., str]

SYSTEM = ("content_creation_crew", "--port", "0")


def test_an_unknown_system_is_refused(refused: Refused) -> None:
    """The error names the systems that there are."""
    there_are = "ai_shorts, aurea_orchestrator, content_creation_crew, digital_actors"
    assert refused("nothing", "--port", "0") == f"there is no reference app for 'nothing'; there is one for {there_are}"


def test_an_unknown_mutant_is_refused(refused: Refused) -> None:
    """The error names the mutants that there are; nothing is served with instrumentation that is not broken."""
    known = ", ".join(mutation.mutants_of("content_creation_crew"))
    assert refused(*SYSTEM, PROMDRILL_MUTANT="nothing") == (
        f"content_creation_crew has no mutant 'nothing'; it has {known}"
    )


def test_every_missing_address_is_named(refused: Refused) -> None:
    """One run tells all that the environment lacks."""
    assert refused(*SYSTEM, PIPER_URL=None, GTTS_TLD="") == "the environment lacks PIPER_URL, GTTS_TLD"


@pytest.mark.parametrize("rate", ["fast", "0", "-1", "inf"])
def test_a_bad_clock_rate_is_refused(refused: Refused, rate: str) -> None:
    """The error tells what was given."""
    assert refused(*SYSTEM, PROMDRILL_CLOCK_RATE=rate) == (
        f"PROMDRILL_CLOCK_RATE must be a positive number, not {rate!r}"
    )


def test_a_signal_ends_the_app_at_once_though_an_upstream_hangs(start_app: Start, fakes: Fakes) -> None:
    """Neither a request in flight nor a blocked thread keeps the process alive."""
    fakes.fault("tts", {"hang": True})
    with start_app() as app, ThreadPoolExecutor(1) as pool:
        order = {"text": "hello", "provider": "piper"}
        waiting = pool.submit(app.http.post, "/voiceovers", json=order)
        while not fakes.control.get("/ledger").json()["in_flight"]:
            pass
        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(5) == 0
        with pytest.raises(httpx.TransportError):
            waiting.result()


def test_an_upstream_that_hangs_fails_after_the_timeout(start_app: Start, fakes: Fakes) -> None:
    """The app gives up, and counts the failure."""
    fakes.fault("ollama", {"hang": True})
    with start_app(UPSTREAM_TIMEOUT="0.2") as app:
        response = app.http.post("/generate", json={"model": "mistral:7b", "topic": "tea"})
        assert (response.status_code, response.json()["error"]["code"]) == (502, "llm_failed")
        assert 'llm_failures_total{model="mistral:7b"} 1.0' in app.http.get("/metrics").text
