"""Values that a JSON schema allows, repeatable, and checked: what cannot be made is refused, never said wrongly."""

from __future__ import annotations

import math
import re
from random import Random
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from promdrill_fakes.ollama.text import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 1000
"""Items, characters and sub-schemas beyond which no example is made: a schema must not hold up the fake."""
_FORMATS = {
    "date-time": "2025-01-01T00:00:00Z",
    "date": "2025-01-01",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "email": "someone@example.org",
    "uuid": "4f1c6f6e-9b0a-4c5e-8a51-3d6a1c2b7e90",
    "uri": "https://example.org/",
    "hostname": "example.org",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
}
_KINDS = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class ImpossibleError(Exception):
    """A schema that is none, or one that no value was found for; the message says which."""


def example(schema: Mapping[str, Any], seed: str) -> Any:  # noqa: ANN401 - whatever the schema is about
    """Return a value that the schema allows, the same one for the same seed. Raises `ImpossibleError`."""
    try:
        Draft202012Validator.check_schema(schema)
        value = _Examples(schema, Random(seed)).of(schema, ())  # noqa: S311 - repeatable, not secret
        # A registry of its own, empty: no reference is ever fetched.
        Draft202012Validator(schema, registry=Registry()).validate(value)
    except SchemaError:
        raise ImpossibleError("invalid JSON schema in format") from None
    except (ImpossibleError, ValidationError, Unresolvable, RecursionError, re.error, ArithmeticError, ValueError):
        raise ImpossibleError("the fake cannot make an answer for this JSON schema") from None
    return value


class _Examples:
    def __init__(self, root: Mapping[str, Any], random: Random) -> None:
        self._root = root
        self._random = random
        self._left = _LARGEST

    def of(self, schema: Any, within: tuple[str, ...]) -> Any:  # noqa: ANN401 - a schema, and what it allows
        """Return a value; `within` are the references that led here."""
        self._left -= 1
        if schema is False or self._left < 0:
            raise ImpossibleError
        if schema is True:
            schema = {}
        if "$ref" in schema:
            return self._resolve_reference(schema, within)
        if "allOf" in schema:
            return self.of(_merge(_omit_key(schema, "allOf"), *schema["allOf"]), within)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self._one_of(_omit_key(schema, several), schema[several], within)
        if choices := [schema["const"]] if "const" in schema else schema.get("enum"):
            return self._random.choice(choices)
        return self._value_of_type(schema, within)

    def _resolve_reference(self, schema: dict[str, Any], within: tuple[str, ...]) -> Any:  # noqa: ANN401
        name = schema["$ref"]
        if not name.startswith("#") or within.count(name) > 1:
            raise ImpossibleError
        found: Any = self._root
        for part in name[1:].split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same part, as it is meant
            if not isinstance(found, dict) or part not in found:
                raise ImpossibleError
            found = found[part]
        return self.of(_merge(_omit_key(schema, "$ref"), found), (*within, name))

    def _one_of(self, rest: dict[str, Any], choices: list[Any], within: tuple[str, ...]) -> Any:  # noqa: ANN401
        for choice in self._random.sample(choices, len(choices)):
            try:
                return self.of(_merge(rest, choice), within)
            except ImpossibleError:
                continue
        raise ImpossibleError

    def _value_of_type(self, schema: dict[str, Any], within: tuple[str, ...]) -> Any:  # noqa: ANN401
        kind = schema.get("type") or next(
            (kind for kind, words in _KINDS.items() if any(word in schema for word in words)), "string"
        )
        if isinstance(kind, list):
            kind = kind[0]
        if kind == "object":
            return self._object(schema, within)
        if kind == "array":
            return self._array(schema, within)
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        if kind == "boolean":
            return self._random.random() < 0.5  # noqa: PLR2004 - as likely as not
        return None if kind == "null" else self._string(schema)

    def _object(self, schema: dict[str, Any], within: tuple[str, ...]) -> dict[str, Any]:
        made = {}
        required = schema.get("required", [])
        for name, part in schema.get("properties", {}).items():
            try:
                made[name] = self.of(part, within)
            except ImpossibleError:
                if name in required:
                    raise
        for name in required:
            if name not in made:
                made[name] = self.of(schema.get("additionalProperties", True), within)
        return made

    def _array(self, schema: dict[str, Any], within: tuple[str, ...]) -> list[Any]:
        low = schema.get("minItems", 0)
        number = min(max(low, self._random.randint(1, 3)), schema.get("maxItems", _LARGEST))
        made = [self.of(part, within) for part in schema.get("prefixItems", [])]
        while len(made) < number:
            try:
                item = self.of(schema.get("items", True), within)
            except ImpossibleError:
                if len(made) < low:
                    raise
                break
            if not schema.get("uniqueItems") or item not in made:
                made.append(item)
        return made

    def _number(self, schema: dict[str, Any], *, whole: bool) -> float:
        step = schema.get("multipleOf", 1 if whole else 0.25)
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        least = math.ceil(low / step) if low is not None else 0 if high is None else math.floor(high / step) - 100
        if "exclusiveMinimum" in schema and least * step <= schema["exclusiveMinimum"]:
            least += 1
        most = math.floor(high / step) if high is not None else least + 100
        if "exclusiveMaximum" in schema and most * step >= schema["exclusiveMaximum"]:
            most -= 1
        if least > most:
            if whole or low is None or high is None:
                raise ImpossibleError
            return float((low + high) / 2)
        value = self._random.randint(least, most) * step
        return int(value) if whole else value

    def _string(self, schema: dict[str, Any]) -> str:
        low, high = schema.get("minLength", 0), schema.get("maxLength", _LARGEST)
        if low > _LARGEST:
            raise ImpossibleError
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        return self._words().ljust(low, "a")[:high].strip().ljust(low, "a")

    def _words(self) -> str:
        return "".join(tokens(self._random.getrandbits(32), "", 2, 6))


def _omit_key(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in schema.items() if other != name}


def _merge(*schemas: Any) -> Any:  # noqa: ANN401 - a schema is an object or a boolean
    merged: dict[str, Any] = {}
    for schema in schemas:
        if schema is False:
            return False
        for name, value in ({} if schema is True else schema).items():
            if name == "properties":
                merged[name] = {**merged.get(name, {}), **value}
            elif name == "required":
                merged[name] = [*merged.get(name, []), *value]
            else:
                merged[name] = value
    return merged
