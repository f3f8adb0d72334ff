"""Draws what two models of load see of one stall, from real ledgers.

    python benchmarks/stall.py docs/images/stall.svg

Both ask for 50 requests a second for 8 s, of a server that answers nothing for 2 s of them. Each dot is a request: when
it was due, and how long whoever made it waited from then on.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from load import STALLED, stall

from promdrill import conventions
from promdrill.load.meter import Latencies

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where the picture goes when nobody says.
IMAGE = conventions.EVIDENCE_FOLDER / "stall.svg"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 380, 220, 52, 56, 44
SECONDS, LONGEST = 8.0, 2.5
STYLE = (
    ".title{font-size:15px;font-weight:bold;fill:#111}.told{font-size:12px;fill:#333}"
    ".axis{font-size:11px;fill:#555}.grid{stroke:#ddd;stroke-width:1}"
)
COLOURS = ("#c2410c", "#1d4ed8")


def _panel(name: str, colour: str, rows: list[dict[str, Any]], left: float) -> Iterator[str]:
    begun = min(row["due"] for row in rows)
    waited = Latencies()
    x0, y0 = left + LEFT, TOP + HEIGHT
    yield f'<text x="{x0}" y="22" class="title">{name}</text>'
    for second in range(0, int(SECONDS) + 1, 2):
        x = x0 + second / SECONDS * WIDTH
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{y0}" class="grid"/>'
        yield f'<text x="{x:.1f}" y="{y0 + 16}" class="axis" text-anchor="middle">{second}</text>'
    for half in range(6):
        y = y0 - half * 0.5 / LONGEST * HEIGHT
        yield f'<line x1="{x0}" y1="{y:.1f}" x2="{x0 + WIDTH}" y2="{y:.1f}" class="grid"/>'
        yield f'<text x="{x0 - 8}" y="{y + 4:.1f}" class="axis" text-anchor="end">{half * 0.5:g}</text>'
    yield f'<text x="{x0 + WIDTH / 2}" y="{y0 + 34}" class="axis" text-anchor="middle">due, s from the start</text>'
    yield f'<text x="{x0 + 6}" y="{TOP + 14}" class="axis">waited, s</text>'
    for row in rows:
        seconds = row["finished"] - row["due"]
        waited.record(seconds)
        x = x0 + (row["due"] - begun) / SECONDS * WIDTH
        y = y0 - min(seconds, LONGEST) / LONGEST * HEIGHT
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}" fill-opacity="0.55"/>'
    p50, p95, p99 = (f"{one * 1000:.0f} ms" for one in waited.percentiles(50, 95, 99))
    yield f'<text x="{x0}" y="40" class="told">{waited.count} requests: p50 {p50}, p95 {p95}, p99 {p99}</text>'


def main() -> None:
    """Run both loads, and write the picture."""
    width, height = 2 * (LEFT + WIDTH + 20), TOP + HEIGHT + BOTTOM
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for index, ((name, users), colour) in enumerate(zip(STALLED.items(), COLOURS, strict=True)):
        lines += _panel(name, colour, stall(users), index * (LEFT + WIDTH + 20))
    image = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGE
    image.parent.mkdir(exist_ok=True)
    image.write_text("\n".join([*lines, "</svg>", ""]), encoding="utf-8")
    print(f"written: {image}")


if __name__ == "__main__":
    main()
