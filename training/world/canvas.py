"""A picture of 64 by 64 units, drawn large, on which translucent shapes can lie."""

# ruff: noqa: PLR0913, PLR0917 -- a shape is its coordinates

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from training.world.easel import Point, smooth
from training.world.palette import Rgb

SCALE = 8
SIDE = 64 * SCALE


class Canvas:
    """Opaque RGB picture; every shape takes an opacity."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self._pen = ImageDraw.Draw(image, "RGBA")

    def poly(self, points: Sequence[Point], colour: Rgb, alpha: float = 1.0) -> None:
        """Draw a polygon."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._pen.polygon(scaled, fill=(*colour, round(255 * alpha)))

    def hill(
        self, ridge: Sequence[Point], colour: Rgb, alpha: float = 1.0, curved: bool = True
    ) -> None:
        """Land below a ridge line, down to the lower edge."""
        line = list(ridge)
        if curved:
            left, right = line[0], line[-1]
            ring = smooth([(left[0] - 30, left[1]), *line, (right[0] + 30, right[1]), (32, 200)])
            self.poly(ring, colour, alpha)
        else:
            self.poly([*line, (line[-1][0], 70), (line[0][0], 70)], colour, alpha)

    def oval(
        self, x: float, y: float, rx: float, ry: float | None, colour: Rgb, alpha: float = 1.0
    ) -> None:
        """Draw an ellipse; a circle when ry is None."""
        h = rx if ry is None else ry
        box = ((x - rx) * SCALE, (y - h) * SCALE, (x + rx) * SCALE, (y + h) * SCALE)
        self._pen.ellipse(box, fill=(*colour, round(255 * alpha)))

    def box(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        colour: Rgb,
        alpha: float = 1.0,
        round_: float = 0,
    ) -> None:
        """Draw a rectangle, its corners rounded."""
        box = (x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE)
        self._pen.rounded_rectangle(box, round_ * SCALE, fill=(*colour, round(255 * alpha)))

    def line(self, points: Sequence[Point], width: float, colour: Rgb, alpha: float = 1.0) -> None:
        """Draw a polyline."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._pen.line(scaled, fill=(*colour, round(255 * alpha)), width=round(width * SCALE))
