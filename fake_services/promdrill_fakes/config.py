"""The configuration of all fakes: validated whole, so that a bad change changes nothing."""

from __future__ import annotations

import json
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import Field, NonNegativeFloat, ValidationError, create_model, model_validator

from promdrill_fakes.faults import Fault
from promdrill_fakes.latency import Distribution
from promdrill_fakes.services import SERVICES, ServiceName
from promdrill_fakes.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promdrill_fakes.effects import Effect

Model = TypeVar("Model", bound=Settings)

if TYPE_CHECKING:

    class _Sections(Settings):
        """The sections, which mypy cannot know."""

else:
    _SETTINGS = {one.name: resolve_name(one.settings) for one in SERVICES.values() if one.settings}
    # A section for each service that has settings of its own.
    _Sections = create_model(
        "_Sections", __base__=Settings, **{name: (settings, settings()) for name, settings in _SETTINGS.items()}
    )


class Config(_Sections, Settings):
    """All that can be set, with a section for each service.

    `latency` maps service and route (`"*"`: any other) to a distribution of seconds.
    `load_factor` is how much of it each further request in flight at the service adds. With `fault_header`, a request
    may ask for a fault itself.
    """

    seed: int = 1
    latency: dict[ServiceName, dict[str, Distribution]] = Field(default_factory=dict)
    load_factor: dict[ServiceName, NonNegativeFloat] = Field(default_factory=dict)
    faults: dict[str, Fault] = Field(default_factory=dict)
    fault_header: bool = False

    @model_validator(mode="after")
    def _check_routes(self) -> Self:
        for service, routes in self.latency.items():
            if strangers := set(routes) - SERVICES[service].routes - {"*"}:
                known = ", ".join(sorted(SERVICES[service].routes))
                raise ValueError(f"{service} has no route {', '.join(sorted(strangers))}; it has {known}")
        return self

    def section(self, settings: type[Model]) -> Model:
        """Return the section of the service that has these settings."""
        return next(value for _, value in self if isinstance(value, settings))

    def as_json(self) -> dict[str, Any]:
        """Return what `parse` takes, defaults filled in."""
        return self.model_dump(mode="json", exclude_none=True)

    def apply_patch(self, patch: object) -> Config:
        """Return the configuration with a patch applied; raises `ConfigError`.

        What is given replaces what was: single fields of a service's section, single routes of `latency`, single
        `faults`. `null` takes a route or a fault away, and sets a field back to its default.
        """
        if not isinstance(patch, dict):
            raise ConfigError([{"path": "", "message": "a configuration is an object"}])
        return parse(_merge(self.as_json(), patch, {"latency": 2}, 2))


class ConfigError(Exception):
    """A configuration that cannot be; `problems` holds all of its errors as `{"path", "message"}`."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{problem['path'] or '(all)'}: {problem['message']}" for problem in problems))


def parse(data: object) -> Config:
    """Return the configuration that plain data (from JSON or YAML) describes; raises `ConfigError`."""
    return _validate(Config, data)


def parse_fault(data: object) -> Fault:
    """Return the fault that plain data describes; raises `ConfigError`."""
    return _validate(Fault, data)


def parse_effect(text: str, service: ServiceName) -> Effect:
    """Return the effect that JSON describes, for a request to this service; raises `ConfigError`."""
    try:
        effect = json.loads(text)
    except ValueError as error:
        raise ConfigError([{"path": "", "message": f"not JSON: {error}"}]) from None
    return _validate(Fault, {"service": service, "effect": effect}).effect


def _validate(model: type[Model], data: object) -> Model:
    try:
        return model.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        raise ConfigError(
            [
                {"path": ".".join(str(part) for part in found["loc"]), "message": found["msg"]}
                for found in error.errors()
            ]
        ) from None


def _merge(old: Mapping[str, Any], patch: Mapping[str, Any], depths: Mapping[str, int], depth: int) -> dict[str, Any]:
    merged = dict(old)
    for name, value in patch.items():
        below = depths.get(name, depth - 1)
        if value is None:
            merged.pop(name, None)
        elif below and isinstance(value, dict) and isinstance(merged.get(name, {}), dict):
            merged[name] = _merge(merged.get(name, {}), value, {}, below)
        else:
            merged[name] = value
    return merged
