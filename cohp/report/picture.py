"""A run's images as reports use them: opened with care, made small, put into a page."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image

from cohp.record.entry import Entry

SIDES = (320, 256, 208, 160, 128, 96, 72, 56, 40)


def opened(images: Path, entry: Entry, side: int) -> Image.Image | None:
    """Return an entry's image, no larger than `side`, or None where it cannot be read."""
    if entry.image is None:
        return None
    try:
        # Only the name counts: a journal from elsewhere cannot reach out of the folder.
        with Image.open(images / Path(entry.image).name, formats=["PNG"]) as image:
            return fitted(image.convert("RGB"), side)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def fitted(image: Image.Image, side: int) -> Image.Image:
    """Return the image, made smaller where it is larger than a square of `side`."""
    scale = min(1.0, side / max(image.size))
    if scale == 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


class Shrinker:
    """Makes WebP thumbnails of at most `room` bytes each, smaller the less room there is."""

    def __init__(self, room: int) -> None:
        self._room = room
        # A run's images are much alike: what fitted the last is tried first for the next.
        self._place = 0

    def shrink(self, image: Image.Image) -> bytes:
        """Return the image as WebP."""
        place = max(0, self._place - 1)
        data = webp(fitted(image, SIDES[place]), quality=76)
        while len(data) > self._room and place + 1 < len(SIDES):
            place += 1
            data = webp(fitted(image, SIDES[place]), quality=76)
        self._place = place
        return data


def webp(image: Image.Image, quality: int) -> bytes:
    """Return the image as WebP."""
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def data_uri(data: bytes) -> str:
    """Return WebP data as an address that a page carries in itself."""
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"
