from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from promdrill_fakes.config import Config, parse, parse_fault
from promdrill_fakes.effects import Dribble, Effect
from promdrill_fakes.faults import Match, Trigger
from promdrill_fakes.latency import Distribution
from promdrill_fakes.services import SERVICES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "fakes.md").read_text()
PAGES = "\n".join([PAGE, *(path.read_text() for path in sorted((DOCS / "fakes").glob("*.md")))])
SETTINGS = (
    Config,
    Dribble,
    Effect,
    Match,
    Trigger,
    Distribution,
    *(type(section) for section in vars(Config()).values()),
)


def blocks(language: str) -> list[str]:
    """Return the snippets of one language, on all pages."""
    return re.findall(rf"```{language}\n(.*?)```", PAGES, re.DOTALL)


def test_the_examples_are_valid() -> None:
    """The configurations and the faults that the pages show are accepted."""
    assert {parse(yaml.safe_load(text)).seed for text in blocks("yaml")} == {7, Config().seed}
    for text in blocks("json"):
        parse_fault(json.loads(text))


def test_the_examples_set_every_field() -> None:
    """The configurations on the pages together show all that can be set."""
    shown = [yaml.safe_load(text) for text in blocks("yaml")]
    for section in ("ollama", "tts", "s3"):
        fields = {field for example in shown for field in example.get(section, {})}
        assert fields == set(type(getattr(Config(), section)).model_fields)


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for settings in SETTINGS for name in getattr(settings, "model_fields", ())}
        | {name for service in SERVICES.values() for name in (*service.routes, *service.columns)}
    ),
)
def test_everything_has_its_place_on_the_page(name: str) -> None:
    """Each field, route and column is documented, on this page or on a fake's own."""
    assert re.search(rf"\b{re.escape(name)}\b", PAGES)
