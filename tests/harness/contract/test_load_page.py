"""docs/load.md shows profiles that are ones."""

from __future__ import annotations

import re

import pytest
import yaml

from promdrill import conventions
from promdrill.contract import load_scenario
from promdrill.contract.profile import Profile, read_profile

PAGE = (conventions.ROOT / "docs" / "load.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
SHAPES = re.findall(r"^\| \w+ \| `(\[.+\])` \|$", PAGE, flags=re.MULTILINE)
EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"


@pytest.mark.parametrize("text", SHOWN)
def test_profiles(text: str) -> None:
    """What is shown as part of a profile can be one."""
    assert Profile.model_validate(yaml.safe_load(text)).model_fields_set


def test_shapes() -> None:
    """Each shape in the table can be that of arrivals."""
    load = [{"Reader": {"users": 1, "arrivals": {"stages": yaml.safe_load(stages)}, "count": 0}} for stages in SHAPES]
    assert len([Profile.model_validate({"load": one}) for one in load]) == 4


def test_the_example() -> None:
    """The first one is the example's, which can be run."""
    written = read_profile(EXAMPLE / "load.yml", load_scenario(EXAMPLE).drill)
    assert Profile.model_validate(yaml.safe_load(SHOWN[0])) == written
