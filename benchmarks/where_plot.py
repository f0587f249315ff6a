"""Bars of shares as a hand-written SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, BAR, ROW, LEFT, COLUMN = 860, 34, 20, 10, 280
COLOURS = ("#2471a3", "#b9770e", "#1e8449", "#7d3c98", "#148f77", "#c0392b", "#5d6d7e")


@dataclass(frozen=True)
class Bar:
    """What a whole is made of."""

    title: str
    parts: Mapping[str, float]

    @property
    def shares(self) -> Mapping[str, float]:
        """Return the share of each part."""
        whole = sum(self.parts.values())
        return {name: part / whole for name, part in self.parts.items()}


def plot(bars: Sequence[Bar]) -> str:
    """Return a picture of the bars, one under the other, each with its key."""
    body: list[str] = []
    top = 10
    for bar in bars:
        body += _bar(bar, top)
        top += 24 + BAR + 12 + ROW * _rows(bar) + 14
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
        'font-family="sans-serif" font-size="12">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>\n"])


def _bar(bar: Bar, top: int) -> list[str]:
    lines = [f'<text x="{LEFT}" y="{top + 12}" font-weight="bold">{bar.title}</text>']
    left = float(LEFT)
    for place, (name, share) in enumerate(bar.shares.items()):
        colour, wide = COLOURS[place], share * (WIDTH - 2 * LEFT)
        size = f'width="{wide:.1f}" height="{BAR}"'
        lines.append(f'<rect x="{left:.1f}" y="{top + 20}" {size} fill="{colour}"/>')
        left += wide
        x = LEFT + place % (WIDTH // COLUMN) * COLUMN
        y = top + 20 + BAR + 22 + ROW * (place // (WIDTH // COLUMN))
        lines.append(f'<rect x="{x}" y="{y - 10}" width="11" height="11" fill="{colour}"/>')
        lines.append(f'<text x="{x + 17}" y="{y}">{name}: {share:.1%}</text>')
    return lines


def _rows(bar: Bar) -> int:
    return -(-len(bar.parts) // (WIDTH // COLUMN))
