from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promdrill_fakes.config import parse
from promdrill_fakes.latency import draw
from promdrill_fakes.shared_state import SharedState

if TYPE_CHECKING:
    import ollama
    from conftest import Fakes

SECONDS = st.floats(0, 10)
POSITIVE = st.floats(0.001, 10)
SIMPLE = st.one_of(
    st.builds(lambda seconds: {"constant": {"seconds": seconds}}, SECONDS),
    st.builds(lambda low, more: {"uniform": {"low": low, "high": low + more}}, SECONDS, SECONDS),
    st.builds(lambda median, sigma: {"lognormal": {"median": median, "sigma": sigma}}, POSITIVE, st.floats(0, 2)),
    st.builds(lambda shape, scale: {"gamma": {"shape": shape, "scale": scale}}, POSITIVE, POSITIVE),
    st.builds(lambda values: {"empirical": {"values": values}}, st.lists(SECONDS, min_size=1)),
)
WEIGHTED = st.builds(lambda weight, of: {"weight": weight, "of": of}, POSITIVE, SIMPLE)
DISTRIBUTIONS = SIMPLE | st.lists(WEIGHTED, min_size=1, max_size=3).map(lambda parts: {"mixture": {"parts": parts}})
ROUTES = st.lists(st.sampled_from(["generate", "chat"]), max_size=30)


def configured(routes: dict[str, Any], seed: int) -> SharedState:
    """Return the state of fakes with these latencies of Ollama."""
    return SharedState(parse({"seed": seed, "latency": {"ollama": routes}}))


@given(DISTRIBUTIONS, DISTRIBUTIONS, st.integers(), ROUTES)
def test_a_draw_depends_on_seed_route_and_ordinal_alone(
    generate: dict[str, Any], chat: dict[str, Any], seed: int, order: list[str]
) -> None:
    """In whatever order requests come to two routes, each route's nth gets the same latency."""
    state = configured({"generate": generate, "chat": chat}, seed)
    drawn: dict[str, list[float]] = {"generate": [], "chat": []}
    for route in order:
        drawn[route].append(state.latency("ollama", route))
    routes = state.config.latency["ollama"]
    assert drawn == {
        route: [draw(routes, seed, "ollama", route, ordinal) for ordinal in range(1, len(seconds) + 1)]
        for route, seconds in drawn.items()
    }


@given(DISTRIBUTIONS, st.integers(), st.integers(1))
def test_no_latency_is_negative(distribution: dict[str, Any], seed: int, ordinal: int) -> None:
    """Every distribution draws zero or more seconds."""
    routes = configured({"*": distribution}, seed).config.latency["ollama"]
    assert draw(routes, seed, "ollama", "generate", ordinal) >= 0


@given(st.floats(0, 5), st.floats(0, 5), st.integers(1))
def test_uniform_stays_between_its_bounds(low: float, more: float, ordinal: int) -> None:
    """A uniform draw is never below low or above high."""
    routes = configured({"*": {"uniform": {"low": low, "high": low + more}}}, 1).config.latency["ollama"]
    assert low <= draw(routes, 1, "ollama", "chat", ordinal) <= low + more


@pytest.mark.parametrize(
    "distribution",
    [
        {"lognormal": {"median": 2.0, "sigma": 0.5}},
        {"uniform": {"low": 1.0, "high": 3.0}},
        {"mixture": {"parts": [{"weight": 1, "of": {"uniform": {"low": 0, "high": 4}}}]}},
    ],
)
def test_half_of_the_draws_are_below_the_median(distribution: dict[str, Any]) -> None:
    """The distributions are what they are called: of many draws, about half are below the median of 2 seconds."""
    routes = configured({"*": distribution}, 1).config.latency["ollama"]
    below = sum(draw(routes, 1, "ollama", "chat", ordinal) < 2 for ordinal in range(4000))
    assert below == pytest.approx(2000, abs=150)


def test_a_route_of_its_own_outweighs_the_star() -> None:
    """`*` is for the routes that are not named."""
    state = configured({"*": {"constant": {"seconds": 1}}, "chat": {"constant": {"seconds": 2}}}, 1)
    assert (state.latency("ollama", "chat"), state.latency("ollama", "tags"), state.latency("s3", "GetObject")) == (
        2,
        1,
        0,
    )


def test_latency_grows_with_the_requests_in_flight() -> None:
    """Each further request of the service in flight adds its share; other services do not feel it."""
    routes = {service: {"*": {"constant": {"seconds": 2}}} for service in ("ollama", "s3")}
    state = SharedState(parse({"latency": routes, "load_factor": {"ollama": 0.5}}))
    seconds = []
    for _ in range(3):
        state.journal.begin("ollama")
        seconds.append((state.latency("ollama", "chat"), state.latency("s3", "GetObject")))
    assert seconds == [(2, 2), (3, 2), (4, 2)]


def test_what_the_fake_serves_lies_within_what_the_client_waits(llm: ollama.Client, fakes: Fakes) -> None:
    """Requested ≤ served ≤ waited for, call by call, on one clock; and the journal is in order of finishing."""
    fakes.configure(latency={"ollama": {"generate": {"uniform": {"low": 0.001, "high": 0.02}}}})
    waited = []
    for number in range(15):
        begun = time.monotonic()
        list(llm.generate("mistral:7b", "x", stream=True)) if number % 2 else llm.generate("mistral:7b", "x")
        waited.append((begun, time.monotonic()))
    entries = fakes.journal()
    assert len(entries) == len(waited)
    for entry, (begun, ended) in zip(entries, waited, strict=True):
        assert begun <= entry["started"] <= entry["finished"] <= ended
        assert 0.001 <= entry["latency"] <= entry["latency_served"] <= entry["finished"] - entry["started"]
    assert all(one["finished"] <= other["finished"] for one, other in pairwise(entries))


def test_reset_draws_the_same_latencies_again(fakes: Fakes) -> None:
    """After reset with the same seed, the same requests get the same latencies; with another seed, others."""
    fakes.configure(latency={"ollama": {"version": {"uniform": {"low": 0, "high": 0.002}}}})
    found = []
    for seed in (5, 5, 6):
        fakes.control.post("/reset", params={"seed": seed})
        for _ in range(4):
            httpx.get(f"{fakes.urls['ollama']}/api/version")
        found.append(fakes.told("latency"))
    assert (found[0] == found[1], found[0] == found[2]) == (True, False)
