"""The services of all fakes, as the configuration and the journal need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from promdrill_fakes.catalogue import services

SERVICES = services()

if TYPE_CHECKING:
    ServiceName = str
    OmittableField = str
else:
    # What they are, only the registry knows; as literals, a wrong one is refused with the names that there are.
    ServiceName = Literal[tuple(SERVICES)]
    OmittableField = Literal[tuple(dict.fromkeys(name for one in SERVICES.values() for name in one.omittable))]
