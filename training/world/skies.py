"""Skies: the gradient of each time of day, sun, moon, stars, clouds, rain and snow."""

# ruff: noqa: PLR0913, PLR0917 -- a shape is its coordinates

from __future__ import annotations

import numpy as np
from PIL import Image

from training.world.canvas import SIDE, Canvas
from training.world.palette import LIGHTS, Rgb, mix, rgb

WHITE = rgb("#ffffff")
STARS = (
    (5, 5),
    (14, 11),
    (24, 4),
    (31, 14),
    (40, 7),
    (9, 20),
    (59, 20),
    (35, 24),
    (21, 20),
    (61, 4),
    (3, 30),
)
GOLDEN = 0.6180339887
FLAKES = tuple(((i * GOLDEN % 1) * 64, (i + 0.5) / 36 * 62) for i in range(36))
DROPS = tuple(((i * GOLDEN % 1) * 66, (i + 0.5) / 34 * 60) for i in range(34))


def sky(time: str) -> Canvas:
    """Return the empty sky of a time of day: four bands melting into each other."""
    bands = np.asarray(LIGHTS[time].sky, dtype=np.float64)
    rows = np.interp(np.arange(SIDE), np.linspace(0, SIDE * 0.72, 4), np.arange(4))
    column = np.stack([np.interp(rows, np.arange(4), bands[:, c]) for c in range(3)], axis=-1)
    pixels = np.broadcast_to(column[:, None], (SIDE, SIDE, 3)).round().astype(np.uint8)
    return Canvas(Image.fromarray(np.ascontiguousarray(pixels), "RGB"))


def adorn(c: Canvas, time: str) -> None:
    """Draw what hangs in the sky behind the land."""
    _ADORN[time](c)


def fall(c: Canvas, time: str) -> None:
    """Draw what falls in front of the land."""
    if time == "rain":
        for x, y in DROPS:
            c.line([(x, y), (x - 1.6, y + 5)], 0.55, WHITE, 0.5)
    elif time == "snow":
        for i, (x, y) in enumerate(FLAKES):
            c.oval(x, y, (0.75, 1.05, 1.35)[i % 3], None, WHITE, 0.95)


def _cloud(c: Canvas, x: float, y: float, size: float, colour: Rgb, alpha: float) -> None:
    for dx, dy, r in ((-1.5, 0.25, 0.75), (-0.6, -0.3, 1.0), (0.6, -0.1, 0.9), (1.5, 0.3, 0.65)):
        c.oval(x + dx * size, y + dy * size, r * size, None, colour, alpha)
    c.box(
        x - 2.1 * size, y + 0.1 * size, x + 2.1 * size, y + 1.0 * size, colour, alpha, 0.45 * size
    )


def _disc(c: Canvas, x: float, y: float, r: float, colour: Rgb, glow: Rgb) -> None:
    for grow, alpha in ((2.6, 0.12), (2.0, 0.16), (1.5, 0.25)):
        c.oval(x, y, r * grow, None, glow, alpha)
    c.oval(x, y, r, None, colour, 1.0)


def _dawn(c: Canvas) -> None:
    _disc(c, 15, 30, 6, rgb("#fff6d8"), rgb("#fff0c2"))
    for y, x0, x1 in ((10, 30, 54), (16, 4, 20), (21, 38, 62)):
        c.box(x0, y, x1, y + 1.6, rgb("#fff0ee"), 0.7, 0.8)


def _day(c: Canvas) -> None:
    _disc(c, 9, 9, 5, rgb("#fff3a6"), rgb("#fff7c9"))
    _cloud(c, 30, 10, 3.2, WHITE, 1.0)
    _cloud(c, 55, 15, 2.7, WHITE, 1.0)


def _sunset(c: Canvas) -> None:
    _disc(c, 49, 31, 9, rgb("#ffe27a"), rgb("#ffb347"))
    for y, x0, x1 in ((8, 6, 30), (13, 36, 60), (19, 2, 18)):
        c.box(x0, y, x1, y + 1.8, rgb("#ff9d7a"), 0.6, 0.9)


def _night(c: Canvas) -> None:
    for i, (x, y) in enumerate(STARS):
        c.oval(x, y, 0.6 + 0.3 * (i % 2), None, rgb("#fff8dc"), 1.0)
    _disc(c, 51, 12, 6, rgb("#fff6cf"), rgb("#8fa6ee"))
    for left, down, r in ((49, 10.5, 1.4), (53, 14, 1.1), (52.5, 9.5, 0.8)):
        c.oval(left, down, r, None, rgb("#e8dba8"), 1.0)


def _rain(c: Canvas) -> None:
    for x, y, s in ((10, 5, 4.6), (32, 3, 5.2), (54, 6, 4.6)):
        _cloud(c, x, y, s, mix(LIGHTS["rain"].sky[0], rgb("#2e3848"), 0.35), 1.0)
    for x, y, s in ((21, 9, 3.6), (45, 10, 3.6)):
        _cloud(c, x, y, s, rgb("#66758a"), 1.0)


def _snow(c: Canvas) -> None:
    for x, y, s in ((14, 7, 3.6), (46, 9, 4.2)):
        _cloud(c, x, y, s, rgb("#f3f8fc"), 0.9)


_ADORN = {
    "dawn": _dawn,
    "day": _day,
    "sunset": _sunset,
    "night": _night,
    "rain": _rain,
    "snow": _snow,
}
