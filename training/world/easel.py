"""A drawing surface of 100 by 100 units, drawn large and sampled down."""

# ruff: noqa: PLR0913, PLR0917 -- a shape is its coordinates

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from training.world.palette import Rgb

Point = tuple[float, float]
SCALE = 6  # pixels a unit while drawing; every sprite is sampled down from here


def smooth(points: Sequence[Point], steps: int = 10) -> list[Point]:
    """Return a closed Catmull-Rom curve through the points."""
    ring = np.asarray(points, dtype=np.float64)
    before, after, far = (np.roll(ring, shift, axis=0) for shift in (1, -1, -2))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * ring
        + (after - before) * t
        + (2 * before - 5 * ring + 4 * after - far) * t**2
        + (3 * ring - before - 3 * after + far) * t**3
    )
    return [(float(x), float(y)) for x, y in curve.transpose(1, 0, 2).reshape(-1, 2)]


class Easel:
    """Collects flat shapes; `finish` adds the outline and the soft shading."""

    def __init__(self) -> None:
        side = 100 * SCALE
        self.image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
        self._pen = ImageDraw.Draw(self.image)

    def poly(self, points: Sequence[Point], colour: Rgb) -> None:
        """Draw a polygon with straight edges."""
        self._pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=(*colour, 255))

    def blob(self, points: Sequence[Point], colour: Rgb) -> None:
        """Draw a closed smooth shape through the points."""
        self.poly(smooth(points), colour)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Rgb, turn: float = 0) -> None:
        """Draw an ellipse around (x, y), turned by some degrees."""
        angle = np.linspace(0, 2 * math.pi, 72, endpoint=False)
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        u, v = rx * np.cos(angle), ry * np.sin(angle)
        self.poly(
            [(x + a * c - b * s, y + a * s + b * c) for a, b in zip(u, v, strict=True)], colour
        )

    def box(
        self, x0: float, y0: float, x1: float, y1: float, colour: Rgb, round_: float = 0
    ) -> None:
        """Draw a rectangle, its corners rounded."""
        self._pen.rounded_rectangle(
            (x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE), round_ * SCALE, fill=(*colour, 255)
        )

    def line(self, points: Sequence[Point], width: float, colour: Rgb) -> None:
        """Draw a polyline with round ends and joints."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._pen.line(scaled, fill=(*colour, 255), width=round(width * SCALE), joint="curve")
        for x, y in points:
            self.oval(x, y, width / 2, width / 2, colour)

    def eye(self, x: float, y: float, size: float, ink: Rgb) -> None:
        """Draw a round dark eye with a spark in it."""
        self.oval(x, y, size, size, ink)
        self.oval(x - size * 0.3, y - size * 0.35, size * 0.35, size * 0.35, (255, 255, 255))

    def finish(self, outline: Rgb, width: float = 1.6) -> Image.Image:
        """Return the drawing with an outline around it and light falling from above."""
        alpha = self.image.getchannel("A")
        grown = alpha.filter(ImageFilter.GaussianBlur(width * SCALE * 0.6))
        grown = grown.point(lambda a: min(255, a * 8))
        edge = Image.new("RGBA", self.image.size, (*outline, 0))
        edge.putalpha(ImageChops.lighter(grown, alpha))
        edge.alpha_composite(self.image)
        pixels = np.asarray(edge).astype(np.float32)
        rows = np.linspace(1.06, 0.9, pixels.shape[0], dtype=np.float32)[:, None, None]
        pixels[..., :3] = np.clip(pixels[..., :3] * rows, 0, 255)
        return Image.fromarray(pixels.astype(np.uint8), "RGBA")


def shrink(image: Image.Image, side: int) -> NDArray[np.float32]:
    """Return an RGBA picture sampled down, colours premultiplied by alpha, all in 0..1."""
    pixels = np.asarray(image).astype(np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]
    small = np.empty((side, side, 4), dtype=np.float32)
    for c in range(4):
        channel = Image.fromarray(pixels[..., c], "F")
        small[..., c] = np.asarray(channel.resize((side, side), Image.Resampling.LANCZOS))
    return np.clip(small, 0, 1, out=small)
