"""Each request counts as another active user."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from promdrill_examples.ai_shorts.activity import Activity
from promdrill_examples.mutants.mechanisms import instead_of

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = "active_users"


def apply() -> None:
    """Break it."""

    @instead_of(Activity, "saw")
    def saw(original: Callable[..., None], self: Activity, user: str) -> None:
        original(self, f"{user} {uuid4()}")
