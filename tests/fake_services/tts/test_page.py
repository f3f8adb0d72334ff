from __future__ import annotations

import gc
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Fakes

PAGE = (Path(__file__).parents[3] / "docs" / "fakes" / "tts.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the ElevenLabs SDK cannot be closed
@pytest.mark.parametrize(("name", "snippet"), list(zip(["elevenlabs", "piper", "gtts"], SNIPPETS, strict=True)))
def test_the_lines_on_the_page_run(fakes: Fakes, tmp_path: Path, name: str, snippet: str) -> None:
    """Each test that the page shows passes, with its fixture in place."""
    found: dict[str, Any] = {}
    exec(snippet, found)  # noqa: S102 - it is our own page
    fake = SimpleNamespace(url=fakes.urls[name], journal=fakes.journal)
    test = found[f"test_{name}"]
    test(fake, tmp_path) if name == "gtts" else test(fake)
    gc.collect()
