"""The fakes as one part of a stack, and the client of their control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promdrill.conventions import PYTHON
from promdrill.errors import StackError
from promdrill.stack.image import OURS
from promdrill.stack.part import Part
from promdrill_fakes.client import Client, ControlError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

FAKES = "fakes"


class FakesControl(Client):
    """The client of the fakes' control plane; what is refused or not answered is a StackError."""

    def request(self, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401 - what httpx takes
        """Return the answer to a request.

        Raises:
            StackError: the control plane refused it, or does not answer.
        """
        try:
            return super().request(method, path, **request)
        except ControlError as error:
            raise StackError(str(error)) from error


def fakes(serving: Mapping[str, int], control: int, config: Path, host: str, listening: str) -> Part:
    """Return the process that serves fakes, each on its port, with its configuration in a JSON file.

    `host` is where it is reached, `listening` where it sees to that.
    """
    ports = [argument for name, port in serving.items() for argument in ("--serve", f"{name}={port}")]
    return Part(
        name=FAKES,
        command=[
            *PYTHON, "-m", "promdrill_fakes", "--host", listening, "--control", str(control),
            "--config", str(config), *ports,
        ],
        environment={},
        ready=f"http://{host}:{control}/health",
        image=OURS,
        ports=(control, *serving.values()),
    )  # fmt: skip
