"""The six places, drawn in layers from far to near under the light of a time."""

# ruff: noqa: PLR0913, PLR0917 -- a shape is its coordinates

from __future__ import annotations

from collections.abc import Callable

from training.world.canvas import Canvas
from training.world.palette import LIGHTS, Rgb, lit, mix, rgb

WHITE = rgb("#fbfdff")
Tone = Callable[..., Rgb]


def toner(time: str) -> Tone:
    """Return what turns a colour's code into what it looks like then, snow and haze included."""
    light = LIGHTS[time]

    def tone(code: str, haze: float = 0.0, snow: float = 0.0) -> Rgb:
        plain = mix(rgb(code), WHITE, snow * light.snow)
        return mix(lit(plain, light.ground), light.haze, haze)

    return tone


def meadow(c: Canvas, tone: Tone, _time: str) -> None:
    """Draw rolling hills and a few flowers."""
    c.hill([(0, 40), (16, 34), (34, 39), (52, 33), (64, 37)], tone("#86c98a", 0.45, 0.7))
    c.hill([(0, 41), (14, 44), (34, 39), (50, 43), (64, 40)], tone("#74c163", 0.15, 0.85))
    c.hill([(0, 48), (20, 45), (44, 49), (64, 46)], tone("#58ad4c", 0.0, 1.0))
    c.hill([(0, 56), (24, 55), (46, 57), (64, 55)], tone("#489a43", 0.0, 0.95))
    for i, x in enumerate((3, 9, 15, 21, 43, 49, 55, 61)):
        y = 60 - (i % 3) * 1.7
        c.oval(x, y, 1.0, None, tone(("#ffe45c", "#ff8fb0", "#ffffff")[i % 3]), 1.0)
    for x in (7, 58):
        c.box(x - 0.7, 37, x + 0.7, 43, tone("#7a5a3c"))
        c.oval(x, 35, 4, 4.4, tone("#3f9350", 0.08, 0.7))
        c.oval(x - 1, 33.6, 2.4, 2.6, tone("#5fb565", 0.08, 0.9))


def beach(c: Canvas, tone: Tone, _time: str) -> None:
    """Draw a calm sea, a strip of foam, sand and a palm."""
    c.box(0, 36, 64, 70, tone("#2f9fd0", 0.25))
    c.box(0, 40, 64, 70, tone("#38aeda", 0.08))
    c.box(0, 44.5, 64, 70, tone("#55c7e4"))
    for x, y, w in ((6, 38.5, 9), (38, 38, 12), (20, 42.3, 10), (50, 42.6, 9)):
        c.box(x, y, x + w, y + 0.8, tone("#d8f6ff"), 0.7, 0.4)
    c.hill([(0, 47), (18, 49), (40, 46.5), (64, 49)], tone("#f7fdff"))
    c.hill([(0, 48.4), (18, 50.4), (40, 48), (64, 50.4)], tone("#f6dda0", 0.0, 0.9))
    c.hill([(0, 57), (24, 58.5), (64, 56)], tone("#ecc983", 0.0, 0.85))
    c.line([(59, 56), (58.4, 46), (59.6, 36), (61, 28)], 1.7, tone("#8a6440"))
    for dx, dy in ((-11, 3), (-8, -5), (1, -8), (-4, 8), (5, 5)):
        c.poly(
            [
                (61, 27),
                (61 + dx * 0.5 - 1, 27 + dy * 0.5 - 3),
                (61 + dx, 27 + dy),
                (61 + dx * 0.5, 27 + dy * 0.5),
            ],
            tone("#2f9a57", 0.0, 0.5),
        )


def forest(c: Canvas, tone: Tone, _time: str) -> None:
    """Three rows of firs, the farthest pale."""
    _firs(c, range(-2, 68, 7), 42, 20, 5, tone("#5f9d84", 0.5, 0.5))
    _firs(c, range(1, 68, 9), 47, 25, 6, tone("#3f8763", 0.22, 0.5))
    c.hill([(0, 46), (32, 45), (64, 46)], tone("#3f8763", 0.12, 0.9))
    for x in (4, 60):
        _firs(c, (x,), 54, 36, 8, tone("#226645", 0.0, 0.45))
    c.hill([(0, 52), (20, 50), (44, 51), (64, 52)], tone("#4c8f45", 0.0, 1.0))
    c.hill([(0, 58), (30, 57), (64, 58.5)], tone("#3d7d3c", 0.0, 0.95))
    for x, y in ((6, 61), (16, 60), (47, 61), (58, 60.5)):
        c.oval(x, y, 1.6, 0.9, tone("#7fb75b", 0.0, 0.9))


def mountains(c: Canvas, tone: Tone, _time: str) -> None:
    """Snow-capped peaks behind green foothills."""
    for peak, half, top, haze in ((12, 20, 22, 0.35), (50, 22, 22, 0.35), (31, 25, 13, 0.1)):
        rock = tone("#7587ad", haze, 0.25)
        c.poly([(peak, top), (peak + half, 50), (peak - half, 50)], rock)
        c.poly(
            [(peak, top), (peak + half, 50), (peak + half * 0.15, 50)], tone("#5d6d96", haze, 0.2)
        )
        d = half * 0.3
        c.poly(
            [
                (peak, top),
                (peak + d, top + 9),
                (peak + d * 0.4, top + 7.4),
                (peak, top + 10),
                (peak - d * 0.5, top + 7.6),
                (peak - d, top + 9),
            ],
            tone("#fafdff", haze * 0.4),
        )
    c.hill([(0, 45), (18, 42), (40, 46), (64, 42)], tone("#5e9a76", 0.15, 0.8))
    c.hill([(0, 50), (24, 48), (48, 51), (64, 48)], tone("#6cab5a", 0.0, 0.95))
    c.hill([(0, 58), (30, 57), (64, 59)], tone("#589848", 0.0, 0.9))
    for x, y in ((6, 59), (12, 62), (55, 60)):
        c.oval(x, y, 2.2, 1.4, tone("#9aa3b5", 0.0, 0.5))


def city(c: Canvas, tone: Tone, time: str) -> None:
    """Draw a skyline with windows, behind a pavement."""
    dark = time in {"night", "rain", "sunset", "dawn"}
    for x0, x1, top in (
        (-2, 7, 26),
        (9, 17, 20),
        (19, 27, 29),
        (29, 37, 17),
        (39, 46, 27),
        (48, 56, 21),
        (58, 66, 30),
    ):
        c.box(x0, top, x1, 60, tone("#9fb0cc", 0.5, 0.25))
    for i, (x0, x1, top) in enumerate(
        ((0, 12, 36), (12, 21, 30), (21, 32, 40), (32, 42, 34), (42, 53, 28), (53, 64, 38))
    ):
        wall = tone(
            ("#6f7fa8", "#8a7fa6", "#5f86a0", "#7a89ad", "#6a76a0", "#84809f")[i], 0.1, 0.15
        )
        c.box(x0, top, x1, 62, wall)
        c.box(x0, top, x1, top + 1.4, tone("#dfe6f2", 0.1, 0.9))
        pane = rgb("#ffe08a") if dark else tone("#dff1fb")
        for row in range(3):
            for column in range(2):
                x = x0 + 2.2 + column * (x1 - x0 - 2) / 2
                c.box(x, top + 3.6 + row * 4.6, x + 2.0, top + 6.2 + row * 4.6, pane, 0.95)
    c.box(0, 51, 64, 70, tone("#b9b7c2", 0.0, 0.8))
    c.box(0, 51, 64, 52.4, tone("#dcdae2", 0.0, 0.9))
    c.box(0, 57, 64, 70, tone("#77788a", 0.0, 0.6))
    for x in range(1, 64, 14):
        c.box(x, 60, x + 7, 61.2, tone("#f2efe4"))


def desert(c: Canvas, tone: Tone, _time: str) -> None:
    """Dunes, two mesas and a cactus."""
    for x0, x1, top in ((2, 20, 33), (42, 60, 30)):
        c.poly([(x0 + 3, top), (x1 - 3, top), (x1, 46), (x0, 46)], tone("#c9764f", 0.3, 0.4))
        c.box(x0 + 3, top, x1 - 3, top + 1.6, tone("#e59a68", 0.3, 0.9))
    c.hill([(0, 43), (14, 39), (32, 44), (50, 40), (64, 43)], tone("#edb867", 0.2, 0.8))
    c.hill([(0, 46), (20, 49), (44, 44), (64, 48)], tone("#e8a955", 0.0, 0.9))
    c.hill([(0, 54), (20, 52), (44, 56), (64, 53)], tone("#dd9845", 0.0, 0.9))
    cactus = tone("#3f8f5a", 0.0, 0.4)
    c.box(4.2, 34, 7.4, 53, cactus, 1.0, 1.6)
    c.box(0.8, 39, 3.0, 45.6, cactus, 1.0, 1.1)
    c.box(0.8, 43.6, 6, 45.8, cactus, 1.0, 1.1)
    c.box(8.8, 37, 11, 43, cactus, 1.0, 1.1)
    c.box(6, 41, 11, 43.2, cactus, 1.0, 1.1)


def _firs(
    c: Canvas, xs: range | tuple[int, ...], foot: float, height: float, half: float, colour: Rgb
) -> None:
    for i, x in enumerate(xs):
        top = foot - height + (i * 5) % 4
        for step in range(3):
            a = top + step * height * 0.24
            w = half * (0.55 + 0.22 * step)
            c.poly([(x, a), (x + w, a + height * 0.42), (x - w, a + height * 0.42)], colour)
        c.box(x - 0.7, foot - height * 0.12, x + 0.7, foot + 4, colour)


PLACES: dict[str, Callable[[Canvas, Tone, str], None]] = {
    "meadow": meadow,
    "beach": beach,
    "forest": forest,
    "mountains": mountains,
    "city": city,
    "desert": desert,
}
