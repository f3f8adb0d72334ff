from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from promdrill_fakes.client import Client, RefusedError
from promdrill_fakes.config import Config, parse, parse_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Fakes

PAGE = Path(__file__).parents[2] / "docs" / "fakes.md"
FAULT = {"service": "ollama", "match": {"route": "version"}, "effect": {"status": 500}}


@pytest.fixture
def control(fakes: Fakes) -> Iterator[Client]:
    """Return the client of the control plane."""
    with Client(fakes.urls["control"]) as client:
        yield client


@pytest.fixture
def description(fakes: Fakes) -> dict[str, Any]:
    """Return the description of the control plane."""
    found: dict[str, Any] = fakes.control.get("/openapi.json").json()
    return found


def described_by(description: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """Return what validates by a schema that refers into the description."""
    return Draft202012Validator({**schema, "components": description["components"]})


def test_the_description_is_valid(description: dict[str, Any]) -> None:
    """It is OpenAPI, and describes each path and method that there is."""
    validate(description)
    methods = {
        path: set(item) & {"get", "put", "patch", "post", "delete"} for path, item in description["paths"].items()
    }
    assert methods == {
        "/health": {"get"},
        "/openapi.json": {"get"},
        "/config": {"get", "put", "patch"},
        "/faults": {"get"},
        "/faults/{name}": {"put", "delete"},
        "/reset": {"post"},
        "/journal": {"get"},
        "/ledger": {"get"},
        "/ledger/durations": {"get"},
        "/metrics": {"get"},
    }


def test_answers_are_as_described(fakes: Fakes, description: dict[str, Any]) -> None:
    """What is told, and what is refused, has the schema that the description gives it."""
    fakes.configure(latency={"ollama": {"*": {"constant": {"seconds": 0.001}}}}, faults={"x": FAULT})
    httpx.get(f"{fakes.urls['ollama']}/api/version")
    httpx.get(f"{fakes.urls['piper']}/voices")
    for method, path, status, body in (
        ("get", "/config", "200", None),
        ("patch", "/config", "200", {"seed": 2}),
        ("patch", "/config", "400", {"seed": "x"}),
        ("get", "/faults", "200", None),
        ("get", "/ledger", "200", None),
        ("get", "/ledger/durations", "200", None),
        ("get", "/journal", "200", None),
        ("post", "/reset", "200", None),
    ):
        answer = fakes.control.request(method, path, json=body)
        ((kind, media),) = description["paths"][path][method]["responses"][status]["content"].items()
        assert (str(answer.status_code), answer.headers["content-type"].partition(";")[0]) == (status, kind)
        told = [answer.text] if kind == "application/json" else answer.text.splitlines()
        validator = described_by(description, media["schema"])
        assert [error.message for one in told for error in validator.iter_errors(json.loads(one))] == []


@pytest.mark.parametrize(
    ("fault", "good"),
    [(FAULT, True), ({**FAULT, "match": {"route": ["version"]}}, True), ({**FAULT, "match": {"route": 1}}, False)],
)
def test_a_fault_is_as_described(description: dict[str, Any], fault: dict[str, Any], *, good: bool) -> None:
    """The description takes what the fakes take: one name or a list of them, and no number for a name."""
    assert described_by(description, {"$ref": "#/components/schemas/Fault"}).is_valid(fault) is good


def test_the_client_configures(control: Client) -> None:
    """The configuration comes and goes as the record that the fakes have, whole or in part."""
    assert control.config() == Config()
    assert control.patch(seed=4, ollama={"min_tokens": 3}) == parse({"seed": 4, "ollama": {"min_tokens": 3}})
    assert control.replace(parse({"seed": 9})) == control.replace({"seed": 9}) == control.config() == parse({"seed": 9})


def test_the_client_puts_faults(control: Client) -> None:
    """Faults are put as a record or as plain data, and taken away."""
    control.put_fault("a", FAULT)
    control.put_fault("b", parse_fault(FAULT))
    assert control.faults() == {"a": parse_fault(FAULT), "b": parse_fault(FAULT)}
    control.delete_fault("a")
    assert list(control.faults()) == ["b"]


def test_the_client_raises_what_is_refused(control: Client) -> None:
    """A refusal is an error with every problem."""
    with pytest.raises(RefusedError, match="there is no fault of this name") as refused:
        control.delete_fault("a")
    assert refused.value.status == 404
    with pytest.raises(RefusedError) as refused:
        control.patch(seed="x", speed=1)
    assert [problem.path for problem in refused.value.problems] == ["seed", "speed"]


def test_the_client_reads_what_was_seen(control: Client, fakes: Fakes) -> None:
    """Journal, ledger and durations come as records, of one test where it is named; reset forgets them."""
    control.put_fault("x", FAULT)
    for path, test in (("version", "a"), ("tags", "b")):
        httpx.get(f"{fakes.urls['ollama']}/api/{path}", headers={"X-Test-ID": test})
    first, second = control.journal()
    assert control.journal(since=1) == control.journal(test="b") == [second]
    assert (first.seq, first.test, first.fault, first.model_extra and first.model_extra["stream"]) == (
        1,
        "a",
        "x",
        None,
    )
    (count,) = control.ledger("a").counts
    assert (count.route, count.outcome, count.fault, count.count) == ("version", "error", "x", 1)
    (seconds,) = control.durations("b").durations
    assert (seconds.route, seconds.served) == ("tags", (second.finished - second.started,))
    assert 'fake_faults_served_total{fault="x"} 1.0' in control.metrics()
    assert (control.reset(), control.reset(seed=7), control.journal(), control.ledger().entries) == (1, 7, [], 0)


def test_the_snippet_of_the_docs_runs(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """What the page shows of the client does what it says."""
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (snippet,) = (text for text in found if "Client(" in text and "def test_" not in text)
    exec(snippet.replace("http://127.0.0.1:9000", fakes.urls["control"]), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == "()\n"
    assert list(fakes.control.get("/faults").json()) == ["busy"]
