from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from fake_services.catalogue import SCHEMAS
from fake_services.config import Config, parse, parse_fault
from fake_services.faults import Effect, Match, Trigger
from fake_services.latency import Distribution

PAGE = (Path(__file__).parents[2] / "docs" / "fakes.md").read_text()
SETTINGS = (Config, Effect, Match, Trigger, Distribution, *(type(section) for section in vars(Config()).values()))


def blocks(language: str) -> list[str]:
    """Return the snippets of one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_are_valid() -> None:
    """The configuration and the fault that the page shows are accepted."""
    assert [parse(yaml.safe_load(text)).seed for text in blocks("yaml")] == [7]
    assert [parse_fault(json.loads(text)).service for text in blocks("json")] == ["ollama"]


def test_the_example_sets_every_field() -> None:
    """The configuration on the page shows all that can be set."""
    (shown,) = (yaml.safe_load(text) for text in blocks("yaml"))
    for section in ("ollama", "tts", "s3"):
        assert set(shown[section]) == set(type(getattr(Config(), section)).model_fields)


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for settings in SETTINGS for name in getattr(settings, "model_fields", ())}
        | {name for schema in SCHEMAS.values() for name in (*schema.routes, *schema.columns)}
    ),
)
def test_everything_has_its_place_on_the_page(name: str) -> None:
    """Each field, route and column is documented."""
    assert re.search(rf"\b{re.escape(name)}\b", PAGE)
