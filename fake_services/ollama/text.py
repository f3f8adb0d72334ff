"""Text that a model might have said: repeatable, of a stated number of tokens."""

from __future__ import annotations

import re
from random import Random

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORDS = _TOKEN.findall(
    "the a of and to in is that for it with as on this light story camera scene voice color frame sound image city "
    "morning river music people quiet bright open slow small new first every next other between across under idea "
    "plan shot clip words show tell make find turn hold keep follow begin end change always never often again today "
    "together "
)


def count(text: str) -> int:
    """Return how many tokens a text has: words and punctuation marks."""
    return len(_TOKEN.findall(text))


def tokens(seed: int, prompt: str, low: int, high: int) -> list[str]:
    """Return from `low` to `high` tokens, the same ones whenever seed and prompt are the same."""
    random = Random(f"{seed}/{prompt}")  # noqa: S311 - repeatable, not secret
    words = random.choices(_WORDS, k=random.randint(low, high))
    return [words[0].capitalize(), *(f" {word}" for word in words[1:])]
