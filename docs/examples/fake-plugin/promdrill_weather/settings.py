"""What can be set of the fake weather service."""

from pydantic import Field

from promdrill_fakes.settings import Settings


class WeatherSettings(Settings):
    """The temperature of each city, in degrees Celsius."""

    cities: dict[str, float] = Field(default={"Oslo": -3.5})
