"""A load of its own, as `promdrill load` runs it: warmed up, measured, and held to thresholds; no faults, no alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from promdrill import conventions
from promdrill.contract.drill import Drill, Phase
from promdrill.contract.load_shape import Gate, Seconds, Users
from promdrill.contract.record import Record
from promdrill.contract.threshold import Threshold
from promdrill.errors import ContractError, UsageError
from promdrill.yamlfile import read_yaml

if TYPE_CHECKING:
    from pathlib import Path


class Profile(Record):
    """How long a load is warmed up and measured, who acts, and what must hold of it.

    Without `load`, those of the drill who act in its baseline; without `thresholds` and `gate`, the drill's.
    """

    warm_up: Seconds = 5.0
    measure: Seconds = 30.0
    load: dict[str, Users] = Field(default_factory=dict)
    thresholds: tuple[Threshold, ...] | None = None
    gate: Gate | None = None

    def apply_to(self, drill: Drill) -> Drill:
        """Return a drill with this load: two phases, and nothing that breaks."""
        awake = {name: users for name, users in drill.load.items() if not users.rest_in(conventions.BASELINE)}
        everywhere = {"during": (), "pauses_in": ()}
        return drill.model_copy(
            update={
                "load": {name: users.model_copy(update=everywhere) for name, users in (self.load or awake).items()},
                "phases": (
                    Phase.model_validate({"name": conventions.WARM_UP, "for": self.warm_up}),
                    Phase.model_validate({"name": conventions.BASELINE, "for": self.measure}),
                ),
                "thresholds": drill.thresholds if self.thresholds is None else self.thresholds,
                "gate": self.gate or drill.gate,
            }
        )


def read_profile(path: Path, drill: Drill) -> Profile:
    """Read a profile for a system.

    Raises:
        UsageError: there is no such file.
        ContractError: it is none; holds every problem, with file and line.
    """
    if not path.is_file():
        raise UsageError(f"{path} is not a file; an example of a profile is docs/examples/haiku/load.yml")
    file = read_yaml(path, path.name)
    profile = Profile()
    if not file.problems:
        try:
            profile = Profile.model_validate(file.data)
        except ValidationError as error:
            file.refuse(error)
    for name in profile.load:
        if name not in drill.load:
            known = ", ".join(drill.load)
            file.problem(("load", name), f"{name} is not a class of users of this drill", f"there is {known}")
    if file.problems:
        raise ContractError(tuple(file.problems))
    return profile
