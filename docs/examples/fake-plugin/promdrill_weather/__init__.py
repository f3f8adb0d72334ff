"""A fake weather service: `GET /weather/CITY`."""

from promdrill_fakes.definition import UNKNOWN, FakeDefinition, Service

WEATHER = Service(
    name="weather",
    routes=frozenset({"today", UNKNOWN}),
    columns={"city": None, "degrees": None},
    request={"city": str},  # faults can match it
    keys=("city",),  # the ledger counts by it
    settings="promdrill_weather.settings:WeatherSettings",
)

FAKES = (
    FakeDefinition(
        name="weather",
        service=WEATHER,
        provider="promdrill_weather.provider:Weather",
        port=9100,
        environment={"WEATHER_URL": "{url}"},
    ),
)
