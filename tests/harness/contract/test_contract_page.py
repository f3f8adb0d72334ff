"""docs/contract.md shows a contract, a drill and users that fit the example's app."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from promdrill import conventions
from promdrill.contract import load_scenario

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (conventions.ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\w+\.yml)\n(.*?)```", PAGE, flags=re.DOTALL))
(USERS,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
EXAMPLE = conventions.ROOT / "docs" / "examples" / "haiku"


def test_the_minimal_example(tmp_path: Path) -> None:
    """Its contract, its drill and its users make a system, with the document and the app of the example."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "haiku", ignore=shutil.ignore_patterns("*.yml", "dashboards"))
    for name, text in {**FILES, "users.py": USERS}.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert list(load_scenario(folder).contract.metrics) == ["haiku_requests_total"]
