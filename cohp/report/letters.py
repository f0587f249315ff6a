"""Text on pictures: the font that Pillow brings, and prompts broken into lines."""

from __future__ import annotations

from functools import cache

from PIL import ImageFont

Ink = tuple[int, int, int]
PAPER: Ink = (19, 18, 23)
SOFT: Ink = (166, 160, 178)


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font, the same on every machine."""
    return ImageFont.load_default(size)


def width_of(text: str, face: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> int:
    """Return how many pixels wide a line of text is."""
    return round(face.getlength(text))


def lines(
    text: str, face: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int, most: int
) -> list[str]:
    """Break text into at most `most` lines of `width` pixels, cutting what does not fit."""
    broken: list[str] = []
    rest = " ".join(text.split())
    while rest and len(broken) < most:
        taken = _fitting(rest, face, width)
        if taken == len(rest):
            broken.append(rest)
            return broken
        space = rest.rfind(" ", 1, taken + 1)
        end = space if space > 0 else taken
        broken.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    if rest and broken:
        last = broken[-1]
        while last and face.getlength(f"{last}…") > width:
            last = last[:-1]
        broken[-1] = f"{last.rstrip()}…"
    return broken or [""]


def _fitting(text: str, face: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> int:
    """Return how many of the first letters fit, at least one."""
    low, high = 1, min(len(text), width)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if face.getlength(text[:middle]) <= width else (low, middle - 1)
    return low
