"""Texts of a contract or a drill that have a form of their own: names, addresses, references."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = re.compile(r"(?P<document>\w+):(?P<line>[1-9]\d*)")
ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+):(?P<port>\d{1,5})(?P<path>/\S*)", re.ASCII)


def _validator(form: str | re.Pattern[str], otherwise: str) -> Callable[[str], str]:
    def text(value: str) -> str:
        if not re.fullmatch(form, value):
            raise ValueError(otherwise)
        return value

    return text


MetricName = Annotated[
    str,
    AfterValidator(
        _validator(r"[a-zA-Z_:][a-zA-Z0-9_:]*", "a metric's name is letters, digits, _ and :, no digit at the start")
    ),
]
LabelName = Annotated[
    str,
    AfterValidator(
        _validator(
            r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*",
            "a label's name is letters, digits and _, no digit at the start and not __, which is Prometheus' own",
        )
    ),
]
SourceRef = Annotated[str, AfterValidator(_validator(SOURCE, "a source is written document:line, for example d0:41"))]
Address = Annotated[
    str, AfterValidator(_validator(ADDRESS, "an address is written host:port/path, for example localhost:8000/metrics"))
]
UrlPath = Annotated[str, AfterValidator(_validator(r"/\S*", "a path starts with /, for example /health"))]


def path_of(address: str) -> str:
    """Return the path of an `Address`, with its slash."""
    return address[address.index("/") :]
