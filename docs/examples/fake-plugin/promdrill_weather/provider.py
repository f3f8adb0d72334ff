"""The wire protocol of the fake weather service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from promdrill_fakes.call import Answer, Call
from promdrill_fakes.definition import UNKNOWN
from promdrill_weather.settings import WeatherSettings

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

    from promdrill_fakes.config import Config
    from promdrill_fakes.shared_state import SharedState

_JSON = {"Content-Type": "application/json"}


class Weather:
    """The provider."""

    service: Final = "weather"

    def __init__(self, state: SharedState) -> None:
        self._settings: WeatherSettings
        state.join(self)

    def configure(self, config: Config, *, fresh: bool) -> None:  # noqa: ARG002 - requests change nothing
        """Take the temperatures."""
        self._settings = config.section(WeatherSettings)

    def open(self, request: BaseRequest) -> Call:
        """Return what the request line tells."""
        _, first, *rest = request.path.split("/")
        if (request.method, first, len(rest)) == ("GET", "weather", 1):
            return Call(request, self.service, "today", {"city": rest[0]})
        return Call(request, self.service, UNKNOWN)

    async def read(self, call: Call) -> None:
        """Read the body, which tells nothing."""
        await call.request.content.read()

    async def answer(self, call: Call) -> Answer:
        """Return the temperature of the city."""
        degrees = self._settings.cities.get(str(call.columns.get("city")))
        if degrees is None:
            return self.error(call, 404)
        return Answer(200, _JSON, json.dumps({"degrees": degrees}).encode(), columns={"degrees": degrees})

    def error(self, _call: Call, status: int, code: str | None = None, message: str | None = None) -> Answer:
        """Return the error envelope."""
        body = json.dumps({"error": message or "no weather today"}).encode()
        return Answer(status, _JSON, body, error=code or f"http_{status}")

    def interrupt(self, call: Call, _answer: Answer, message: str) -> Answer:
        """Answer 500: nothing is streamed."""
        return self.error(call, 500, message=message)
