"""The control plane described in OpenAPI, made of the very settings that validate what it is given."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from promdrill_fakes.answers import Durations, Entry, Ledger, Refusal
from promdrill_fakes.config import Config
from promdrill_fakes.faults import Fault

if TYPE_CHECKING:
    from pydantic import BaseModel

Described = dict[str, Any]

_REF = "#/components/schemas/"
_JSON = "application/json"
_RECORDS = (Config, Fault, Entry, Ledger, Durations, Refusal)


def describe() -> Described:
    """Return the description."""
    _, schemas = models_json_schema([(record, "validation") for record in _RECORDS], ref_template=f"{_REF}{{model}}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Control plane of promdrill's fakes", "version": version("promdrill")},
        "paths": _paths(),
        "components": {"schemas": schemas["$defs"]},
    }


def _paths() -> Described:
    faults = {"type": "object", "additionalProperties": _of(Fault)}
    seed = {"type": "object", "properties": {"seed": {"type": "integer"}}, "required": ["seed"]}
    test = _query("test", {"type": "string"}, "Only what belongs to one test: by X-Test-ID, or by its trace.")
    since = _query("since", {"type": "integer"}, "Only entries whose seq is above this.")
    given = _query("seed", {"type": "integer"}, "The seed from now on; without it, the one that was.")
    gone = {"204": {"description": "It is gone."}, **_refusal("404")}
    return {
        "/health": {"get": _does("Answers once all ports listen.", {"type": "object"})},
        "/openapi.json": {"get": _does("This description.", {"type": "object"})},
        "/config": {
            "get": _does("The whole configuration.", _of(Config)),
            "put": _takes("Replace the whole configuration.", _of(Config), _of(Config)),
            # What a part is merged into is validated whole; `null` in it takes away.
            "patch": _takes("Change what is given of the configuration.", {"type": "object"}, _of(Config)),
        },
        "/faults": {"get": _does("All faults by name.", faults)},
        "/faults/{name}": {
            "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
            "put": _takes("Set or replace a fault.", _of(Fault), faults),
            "delete": {"summary": "Take a fault away.", "responses": gone},
        },
        "/reset": {"post": _asks("Begin again: nothing seen, nothing stored.", seed, given)},
        "/journal": {
            "get": _asks("Each attempt, a line of JSON.", _of(Entry), since, test, kind="application/x-ndjson")
        },
        "/ledger": {"get": _asks("The exact counts.", _of(Ledger), test)},
        "/ledger/durations": {"get": _asks("The seconds of each attempt.", _of(Durations), test)},
        "/metrics": {"get": _does("The fakes' own metrics, for Prometheus.", {"type": "string"}, kind="text/plain")},
    }


def _of(record: type[BaseModel]) -> Described:
    return {"$ref": f"{_REF}{record.__name__}"}


def _query(name: str, schema: Described, what: str) -> Described:
    return {"name": name, "in": "query", "schema": schema, "description": what}


def _refusal(status: str) -> Described:
    what = "Refused, with all that is wrong; nothing was changed."
    return {status: {"description": what, "content": {_JSON: {"schema": _of(Refusal)}}}}


def _does(what: str, schema: Described, kind: str = _JSON) -> Described:
    return {"summary": what, "responses": {"200": {"description": what, "content": {kind: {"schema": schema}}}}}


def _asks(what: str, schema: Described, *parameters: Described, kind: str = _JSON) -> Described:
    does = _does(what, schema, kind)
    return {**does, "parameters": list(parameters), "responses": {**does["responses"], **_refusal("400")}}


def _takes(what: str, body: Described, schema: Described) -> Described:
    return {**_asks(what, schema), "requestBody": {"required": True, "content": {_JSON: {"schema": body}}}}
