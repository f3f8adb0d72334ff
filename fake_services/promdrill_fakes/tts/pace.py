"""When audio is made and sent: synthesis takes its share of the length of the speech, and a wire has a rate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from promdrill_fakes.latency import sleep_until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from promdrill_fakes.call import Answer, Call
    from promdrill_fakes.tts.settings import TtsSettings

PIECE = 4096
"""Bytes of audio that are sent at once, where it is sent in pieces."""


def pieces(data: bytes) -> list[bytes]:
    """Return data in pieces; no data is one empty piece."""
    return [data[start : start + PIECE] for start in range(0, len(data) or 1, PIECE)]


async def await_synthesis(call: Call, settings: TtsSettings, seconds: float, turn: float | None = None) -> None:
    """Return when so many seconds of speech are made, after the call's latency, from `turn` or else from its start."""
    await sleep_until((call.started if turn is None else turn) + call.latency + settings.real_time_factor * seconds)


def stream_evenly(answer: Answer, messages: Sequence[bytes], started: float, seconds: float) -> Answer:
    """Make an answer of messages that are spread evenly over so many seconds; the last is due at their end."""
    last = len(messages)

    async def paced() -> AsyncGenerator[bytes]:
        for ordinal, message in enumerate(messages[:-1], start=1):
            await sleep_until(started + seconds * ordinal / last)
            yield message
        await sleep_until(started + seconds)

    answer.pieces, answer.body = paced(), messages[-1]
    return answer


def throttle(answer: Answer, data: bytes, settings: TtsSettings) -> Answer:
    """Make a whole answer of data, of known length; it leaves at the configured rate if there is one."""
    if settings.bytes_per_second is None:
        answer.body = data
        return answer
    answer.length = len(data)
    return stream_evenly(answer, pieces(data), time.monotonic(), len(data) / settings.bytes_per_second)
