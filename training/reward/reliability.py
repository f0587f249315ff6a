"""Whether a probability is what it says: the table, the error, and a plot as SVG."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BINS = 10
SIDE, EDGE = 300, 40
STYLE = 'font-family="sans-serif" font-size="12" text-anchor="middle"'
Values = NDArray[np.float64]


def bins(said: Values, voted: Values) -> Iterator[tuple[float, float, int]]:
    """Give for each tenth of what was said its mean, the share of votes, and how many there are."""
    places = np.minimum((said * BINS).astype(int), BINS - 1)
    for place in range(BINS):
        some = places == place
        if some.any():
            yield float(said[some].mean()), float(voted[some].mean()), int(some.sum())


def error(said: Values, voted: Values) -> float:
    """Return the expected calibration error: how far the two are apart, on average."""
    return sum(count * abs(a - b) for a, b, count in bins(said, voted)) / len(said)


def table(said: Values, voted: Values) -> Iterator[dict[str, object]]:
    """Give the bins as lines."""
    for a, b, count in bins(said, voted):
        yield {"said": round(a, 3), "voted": round(b, 3), "pairs": count}


def draw_plot(said: Values, voted: Values) -> str:
    """Draw votes over what was said; on the diagonal is right; large dots are many pairs."""
    dots = list(bins(said, voted))
    most = max(count for *_, count in dots)
    whole = SIDE + 2 * EDGE

    def at(x: float, y: float) -> tuple[float, float]:
        return round(EDGE + SIDE * x, 1), round(EDGE + SIDE * (1 - y), 1)

    (left, bottom), (right, top) = at(0, 0), at(1, 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" {STYLE}>',
        f'<rect width="{whole}" height="{whole}" fill="white"/>',
        f'<path d="M{left} {top}V{bottom}H{right}" stroke="black" fill="none"/>',
        f'<path d="M{left} {bottom}L{right} {top}" stroke="silver"/>',
    ]
    for a, b, count in dots:
        x, y = at(a, b)
        radius = round(2 + 8 * (count / most) ** 0.5, 1)
        parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#2f7de0" opacity=".7"/>')
    for value in (0, 0.5, 1):
        x, y = at(value, value)
        parts.append(f'<text x="{x}" y="{bottom + 15}">{value:g}</text>')
        parts.append(f'<text x="{left - 14}" y="{y + 4}">{value:g}</text>')
    middle = whole / 2
    parts += [
        f'<text x="{middle}" y="{whole - 6}">P(a &gt; b) as mini-judge says it</text>',
        f'<text transform="rotate(-90 12 {middle})" x="12" y="{middle}">votes for a</text>',
        f'<text x="{middle}" y="20">{len(said)} held-out pairs</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
