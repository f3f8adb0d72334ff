"""What the parts of a stack can be; a module of its own, for commands and plug-ins that import little."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a user can ask for; `auto` is containers where an engine answers, and processes where none does."""

    PROCESSES = "processes"
    CONTAINERS = "containers"
    AUTO = "auto"


KINDS = tuple(kind.value for kind in Kind)
