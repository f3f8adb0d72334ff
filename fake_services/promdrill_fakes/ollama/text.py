"""Text that a model might have said: repeatable, of a stated number of tokens."""

from __future__ import annotations

import re
from hashlib import shake_128

_TOKEN = re.compile(r"\w+|[^\w\s]")
_SPACED = re.compile(r"\s*(?:\w+|[^\w\s])")
_WORDS = _TOKEN.findall(
    "the a of and to in is that for it with as on this light story camera scene voice color frame sound image city "
    "morning river music people quiet bright open slow small new first every next other between across under idea "
    "plan shot clip words show tell make find turn hold keep follow begin end change always never often again today "
    "together "
)
_SPACED_WORDS = [f" {word}" for word in _WORDS]


def count(text: str) -> int:
    """Return how many tokens a text has: words and punctuation marks."""
    return len(_TOKEN.findall(text))


def split(text: str) -> list[str]:
    """Return the tokens of a text, each with the space before it; together they are the text, but for its end."""
    return _SPACED.findall(text)


def tokens(seed: int, prompt: str, low: int, high: int) -> list[str]:
    """Return from `low` to `high` tokens, the same ones whenever seed and prompt are the same."""
    drawn = shake_128(f"{seed}/{prompt}".encode())
    number = low + int.from_bytes(drawn.digest(8)) % (high - low + 1)
    first, *rest = drawn.digest(8 + number)[8:]
    many = len(_WORDS)
    return [_WORDS[first % many].capitalize(), *[_SPACED_WORDS[byte % many] for byte in rest]]
