"""Rendering of video clips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from promdrill_examples.content_creation_crew.failures import OperationError
from promdrill_examples.content_creation_crew.metrics import VideoMetrics

if TYPE_CHECKING:
    from promdrill_examples.content_creation_crew.vocabulary import Renderer
    from promdrill_fakes.clock import Clock

CLIP = b"CLIP"
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendered clip, and how many seconds of the app's clock it took."""

    clip: bytes
    seconds: float


async def render(renderer: Renderer, clip: bytes, seconds: float, loops: int, clock: Clock) -> Rendering:
    """Render a clip, `loops` times in a row, for `seconds` of the clock.

    Raises `OperationError` (render_failed) for bytes that are not a clip.
    """
    start, success = clock.now(), False
    try:
        if not clip.startswith(CLIP):
            raise OperationError("render_failed", f"{renderer} cannot decode the clip", status=500)
        await clock.sleep(seconds)
        rendered = _composed(renderer, clip, loops)
        success = True
    finally:
        duration = clock.now() - start
        VideoMetrics.record_render(renderer, duration, success=success)
    return Rendering(rendered, duration)


@lru_cache(_KEPT)
def _composed(renderer: Renderer, clip: bytes, loops: int) -> bytes:
    return b"".join((CLIP, renderer.encode(), *[clip.removeprefix(CLIP)] * loops))
