from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from promdrill_examples.aurea_orchestrator import metrics, tasks
from promdrill_examples.aurea_orchestrator.settings import Settings

if TYPE_CHECKING:
    from conftest import Aurea

PRICES = {"gpt-4": 0.03, "gpt-3.5-turbo": 0.002, "claude-2": 0.025, "llama-2": 0.001}
COUNTED = ("aurea_tasks", "aurea_llm", "aurea_active")


@pytest.mark.parametrize("model", PRICES)
def test_a_task_costs_the_tokens_that_its_model_states(aurea: Aurea, model: str) -> None:
    """Tokens of prompt and answer, as the model counted them, are counted and priced by the thousand."""
    with aurea.changes(*COUNTED) as added:
        task = aurea.order(model, "tell me a story").json()
    [entry] = aurea.entries()
    tokens = entry["prompt_tokens"] + entry["completion_tokens"]
    cost = round(tokens / 1000 * PRICES[model], 9)
    assert added == {
        f"aurea_tasks_total{{{model},completed}}": 1,
        f"aurea_llm_tokens_total{{{model}}}": tokens,
        f"aurea_llm_cost_usd_total{{{model}}}": cost,
    }
    assert {**task, "cost_usd": round(task["cost_usd"], 9)} == {
        "id": task["id"],
        "text": task["text"],
        "error": None,
        "model": model,
        "status": "completed",
        "tokens": tokens,
        "cost_usd": cost,
    }


def test_a_task_is_limited_in_tokens(aurea: Aurea) -> None:
    """The model answers with no more tokens than were ordered."""
    aurea.order(max_tokens=3)
    assert [entry["completion_tokens"] for entry in aurea.entries()] == [3]


def test_a_call_carries_the_id_of_its_request(aurea: Aurea) -> None:
    """What the model is asked for can be followed back to who asked."""
    aurea.order()
    assert [(entry["route"], entry["trace"]) for entry in aurea.entries()] == [("v1_chat", "id")]


@pytest.mark.parametrize(
    ("effect", "status"),
    [
        ({"status": 400}, 400),
        ({"status": 401}, 400),
        ({"status": 429}, 429),
        ({"status": 500}, 502),
        ({"status": 503}, 503),
        ({"reset": "before_headers"}, 502),
        ({"truncate": 20}, 502),
        ({"hang": True}, 503),
    ],
)
def test_a_task_fails_as_its_model_does(aurea: Aurea, effect: dict[str, object], status: int) -> None:
    """It is counted as failed, costs nothing, is active no more, and was tried once."""
    aurea.fakes.fault("ollama", effect)
    with aurea.changes(*COUNTED) as added:
        response = aurea.order("llama-2")
    assert added == {"aurea_tasks_total{llama-2,failed}": 1}
    assert (response.status_code, response.json()["error"]["code"]) == (status, "task_failed")
    assert len(aurea.entries()) == 1


def test_a_task_that_no_model_can_do_fails(aurea: Aurea) -> None:
    """The fake's models have no use for tools."""
    response = aurea.order(with_tools=True)
    task = aurea.http.get(f"/tasks/{response.json()['id']}").json()
    assert (response.status_code, task["status"], task["tokens"]) == (400, "failed", 0)


@pytest.mark.parametrize(
    "order",
    [
        {"model": "gpt-5", "prompt": "tell"},
        {"model": "gpt-4"},
        {"model": "gpt-4", "prompt": ""},
        {"model": "gpt-4", "prompt": "tell", "max_tokens": 0},
    ],
)
def test_an_order_that_is_refused_is_no_task(aurea: Aurea, order: dict[str, object]) -> None:
    """Nothing is asked of a model."""
    with aurea.changes(*COUNTED) as added:
        assert aurea.http.post("/tasks", json=order).status_code == 422
    assert (added, aurea.entries()) == ({}, [])


def test_tasks_are_active_until_they_end(aurea: Aurea) -> None:
    """As many as were ordered at once are active at once, for as long as their models take."""
    aurea.fakes.fault("ollama", {"hang": True})
    with ThreadPoolExecutor(3) as pool:
        ordered = [pool.submit(aurea.order) for _ in range(3)]
        while aurea.fakes.control.get("/ledger").json()["in_flight"] < 3:
            assert not any(one.done() for one in ordered)
        active = metrics.REGISTRY.get_sample_value("aurea_active_tasks")
        assert [one.result().status_code for one in ordered] == [503, 503, 503]
    assert (active, metrics.REGISTRY.get_sample_value("aurea_active_tasks")) == (3, 0)


def test_the_newest_tasks_are_listed_first(aurea: Aurea) -> None:
    """No more than twenty."""
    ordered = [aurea.order().json() for _ in range(21)]
    assert aurea.http.get("/tasks").json() == ordered[:0:-1]


def test_the_oldest_task_is_forgotten(aurea: Aurea, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept has a limit."""
    monkeypatch.setattr(tasks, "_KEPT", 1)
    first, second = (aurea.order().json()["id"] for _ in range(2))
    assert [aurea.http.get(f"/tasks/{one}").status_code for one in (first, second)] == [404, 200]


def test_a_report_tells_what_a_task_cost(aurea: Aurea) -> None:
    """The price of a thousand tokens comes out of it."""
    task = aurea.order("claude-2").json()
    report = aurea.http.get(f"/tasks/{task['id']}/report").json()
    assert report == {"tokens": task["tokens"], "cost_usd": task["cost_usd"], "usd_per_1k_tokens": pytest.approx(0.025)}


def test_the_environment_is_read_as_a_whole() -> None:
    """All that is missing is named at once; a bad number is refused."""
    with pytest.raises(ValueError, match="the environment lacks OPENAI_BASE_URL, OPENAI_API_KEY"):
        Settings.from_environment({})
    given = {"OPENAI_BASE_URL": "http://here/v1", "OPENAI_API_KEY": "key"}
    assert Settings.from_environment(given) == Settings("http://here/v1", "key", 30.0)
    with pytest.raises(ValueError, match="UPSTREAM_TIMEOUT must be a positive number, not 'soon'"):
        Settings.from_environment({**given, "UPSTREAM_TIMEOUT": "soon"})
