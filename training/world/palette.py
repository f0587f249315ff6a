"""The colours of the world: paints for subjects and light for times of day."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]
PALE = 690  # red, green and blue together


def rgb(code: str) -> Rgb:
    """'#rrggbb' as three numbers."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """Colour a with a share of colour b in it."""
    x, y, z = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return x, y, z


def lit(colour: Rgb, light: tuple[float, float, float]) -> Rgb:
    """Return a colour under a light."""
    x, y, z = (min(255, round(c * f)) for c, f in zip(colour, light, strict=True))
    return x, y, z


@dataclass(frozen=True)
class Paint:
    """One colour in the four tones a flat illustration needs."""

    body: Rgb
    light: Rgb
    dark: Rgb
    line: Rgb

    @property
    def is_pale(self) -> bool:
        """Whether white marks would be lost on it."""
        return sum(self.body) > PALE


def _paint(body: str, light: str, dark: str, line: str) -> Paint:
    return Paint(rgb(body), rgb(light), rgb(dark), rgb(line))


PAINTS: dict[str, Paint] = {
    "red": _paint("#e03c31", "#ff8a75", "#ad2228", "#5e1018"),
    "orange": _paint("#f68b1f", "#ffc06b", "#c9620f", "#6b300a"),
    "yellow": _paint("#fbd02d", "#fff0a0", "#dba21a", "#6e4a0c"),
    "green": _paint("#43b05c", "#9be29a", "#227a41", "#0f4226"),
    "blue": _paint("#2f7de0", "#8cc3ff", "#1d52a8", "#0e2a5c"),
    "purple": _paint("#9250cf", "#cf9df5", "#64309c", "#351559"),
    "white": _paint("#f7f4ee", "#ffffff", "#cfcdd6", "#5b5f73"),
    "black": _paint("#3a3c48", "#6e7282", "#24252e", "#0d0d13"),
}

CREAM, INK, WHITE = rgb("#fff4e0"), rgb("#1f1a2b"), rgb("#ffffff")
GLASS, WOOD, LEAF = rgb("#cdeeff"), rgb("#8a5a35"), rgb("#3f9a4b")
GOLD, STEEL, FLAME = rgb("#ffc93c"), rgb("#8b93a6"), rgb("#ff9d2e")


@dataclass(frozen=True)
class Light:
    """What a time or weather does: a sky of four bands, tints, the colour of haze."""

    sky: tuple[Rgb, Rgb, Rgb, Rgb]
    ground: tuple[float, float, float]
    subject: tuple[float, float, float]
    haze: Rgb
    snow: float = 0.0


def _sky(*codes: str) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    a, b, c, d = (rgb(code) for code in codes)
    return a, b, c, d


LIGHTS: dict[str, Light] = {
    "dawn": Light(
        _sky("#a8a4e0", "#e3b4d8", "#ffc9c4", "#ffe9bd"),
        (1.0, 0.88, 0.92),
        (1.0, 0.96, 0.96),
        rgb("#ffd3d2"),
    ),
    "day": Light(
        _sky("#3f9be8", "#6cbaf3", "#a5dbfb", "#dff5ff"),
        (1.0, 1.0, 1.0),
        (1.0, 1.0, 1.0),
        rgb("#cfeeff"),
    ),
    "sunset": Light(
        _sky("#5c2f7e", "#b8407a", "#f2694b", "#ffbf4f"),
        (0.86, 0.66, 0.66),
        (1.0, 0.92, 0.86),
        rgb("#f58556"),
    ),
    "night": Light(
        _sky("#101a4a", "#1b2a68", "#2c4189", "#4a64ad"),
        (0.36, 0.44, 0.68),
        (0.78, 0.82, 0.98),
        rgb("#3c5399"),
    ),
    "rain": Light(
        _sky("#5c6b80", "#75869a", "#91a2b3", "#aebcc8"),
        (0.66, 0.74, 0.8),
        (0.88, 0.92, 0.96),
        rgb("#93a4b4"),
    ),
    "snow": Light(
        _sky("#a9c3dd", "#c2d6e9", "#d9e6f2", "#eef5fb"),
        (0.92, 0.97, 1.0),
        (0.98, 0.99, 1.0),
        rgb("#e6f0f8"),
        snow=0.92,
    ),
}
