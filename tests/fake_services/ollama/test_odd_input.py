from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import validate

from promdrill_fakes.ollama.example import ImpossibleError, example
from promdrill_fakes.ollama.requests import FORMS
from promdrill_fakes.ollama.translation import FORMS as OPENAI_FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Fakes

WIRE = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATHS = {
    **{route: f"/api/{route}" for route in FORMS},
    "v1_chat": "/v1/chat/completions",
    "v1_completions": "/v1/completions",
    "v1_embeddings": "/v1/embeddings",
    "blobs": "/api/blobs/sha256:x",
}
NAMES = sorted({name for form in (*FORMS.values(), *OPENAI_FORMS.values()) for name in form.types})
FREE = ["think", "format", "keep_alive", "input", "stop", "license", "n"]
WORDS = st.sampled_from(
    ["user", "tool", "json", "high", "mistral:7b", "5m", "", "\ud800", "AAAA", "data:image/png;base64,AA"]
)
INNER = [
    *("role", "content", "images", "tool_calls", "function", "name", "arguments", "parameters", "type", "text"),
    *("image_url", "url", "json_schema", "schema", "seed", "num_predict", "stop", "temperature", "include_usage"),
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(INNER), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.binary(max_size=30) | st.builds(
    lambda fields: json.dumps({"model": "mistral:7b", **fields}).encode(),
    st.dictionaries(st.sampled_from([*NAMES, *FREE]), ANYTHING, max_size=4),
)
SCHEMAS = st.recursive(
    st.booleans()
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "integer", "number", "boolean", "null", "object", "array"])},
        optional={
            "minLength": st.integers(0, 50),
            "maxLength": st.integers(0, 50),
            "minimum": st.integers(-50, 50),
            "exclusiveMaximum": st.floats(-50, 50),
            "multipleOf": st.floats(0.001, 10),
            "format": st.sampled_from(["date", "email", "other"]),
        },
    )
    | st.fixed_dictionaries({"enum": st.lists(ANYTHING, min_size=1, max_size=3)})
    | st.just({"$ref": "#"}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "required": st.lists(st.sampled_from("abc"), unique=True),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=3),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "minItems": st.integers(0, 3),
            "uniqueItems": st.booleans(),
        },
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Return one client for all requests; a fake that hangs is a time-out."""
    with httpx.Client(timeout=10) as client:
        yield client


@pytest.mark.parametrize("path", PATHS.values())
@given(body=BODIES)
@WIRE
def test_ollama_answers_whatever_it_is_sent(fakes: Fakes, http: httpx.Client, path: str, body: bytes) -> None:
    """No body gets more than Ollama's own 4xx in the envelope of the API that was asked, and nothing breaks."""
    method = "DELETE" if path == "/api/delete" else "POST"
    answer = http.request(method, fakes.urls["ollama"] + path, content=body)
    assert answer.status_code in (200, 400, 404)
    if answer.status_code != 200:
        error = answer.json()["error"]
        assert isinstance(error["message"] if path.startswith("/v1/") else error, str)


@given(schema=SCHEMAS, seed=st.integers(0, 3).map(str))
@settings(deadline=None, max_examples=150)
def test_an_example_is_allowed_by_its_schema(schema: Any, seed: str) -> None:  # noqa: ANN401 - a schema
    """Whatever the schema, its example is allowed and the same the next time, or there is none."""
    try:
        made = example(schema, seed)
    except ImpossibleError:
        return
    validate(made, schema)
    assert json.dumps(made) == json.dumps(example(schema, seed))
