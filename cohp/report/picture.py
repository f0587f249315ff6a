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


def within(image: Image.Image, room: int) -> bytes:
    """Return the image as WebP in at most `room` bytes, smaller the less room there is."""
    data = b""
    for side in SIDES:
        data = webp(fitted(image, side), quality=76)
        if len(data) <= room:
            break
    return data


def webp(image: Image.Image, quality: int) -> bytes:
    """Return the image as WebP."""
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=3)
    return buffer.getvalue()


def data_uri(data: bytes) -> str:
    """Return WebP data as an address that a page carries in itself."""
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"
