"""Pictures from files and tensors: opened within bounds, and brought to eight-bit levels."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from cohp.errors import BadImage

if TYPE_CHECKING:
    import torch

    from cohp.reward.base import Picture

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 8192 * 8192
LARGEST_FILE = 1 << 30
SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
# Rounding and a decoder's overshoot stay within this; another range does not.
SLACK = 0.05


def open_image(path: Path | str) -> Image.Image:
    """Read the first frame of an image file, in the mode it has; EXIF turns nothing."""
    return decode(read_image(path), path)


def read_image(path: Path | str) -> bytes:
    """Return what is in an image file, or say why it cannot be one."""
    path = Path(path)
    try:
        if not path.is_file():
            raise BadImage(f"There is no image file {path}.")
        if (size := path.stat().st_size) > LARGEST_FILE:
            raise BadImage(f"{path} is too large a file ({size:,} bytes) to be one image.")
        return path.read_bytes()
    except OSError as error:
        raise BadImage(f"{path} cannot be read: {error.strerror}.") from error


def decode(
    content: bytes, path: Path | str, admit: Callable[[int], object] = lambda _pixels: None
) -> Image.Image:
    """Decode an image that was read from `path`; `admit` hears of its pixels before it is done."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if (pixels := image.width * image.height) > MOST_PIXELS:
                raise BadImage(_too_large(path, f"{image.width}x{image.height}"))
            admit(pixels)
            image.load()
            return image.copy()
    except Image.DecompressionBombError as error:
        raise BadImage(_too_large(path, "too many pixels")) from error
    except UnidentifiedImageError as error:
        kinds = ", ".join(FORMATS)
        empty = "" if content else "is empty: it "
        raise BadImage(f"{path} {empty}is not an image CoHP reads ({kinds}).") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise BadImage(f"{path} is damaged: {error}.") from error


def as_image(picture: Picture) -> Image.Image:
    """Return a picture as a PIL image of eight-bit levels, in the mode it has.

    A tensor is rounded to the levels its PNG would have, so that it scores as its PNG does.
    """
    if not isinstance(picture, Image.Image):
        return _from_tensor(picture)
    if picture.mode in SIXTEEN_BIT:
        # Pillow's own conversion clips at 255 and makes a picture white; the upper eight bits
        # are what it keeps of a 16-bit RGB file.
        return Image.fromarray((np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8))
    if picture.mode in {"I", "F"}:
        raise BadImage(
            f"The image has levels of mode {picture.mode}, which say nothing of where white is. "
            "Save it with 8 or 16 bits a channel."
        )
    return picture


def as_rgb(picture: Picture) -> Image.Image:
    """Return a picture as eight-bit RGB: alpha is dropped and EXIF ignored, as in training."""
    image = as_image(picture)
    try:
        return image.convert("RGB")
    except (OSError, ValueError) as error:
        raise BadImage(f"The image cannot be read as RGB: {error}.") from error


def _from_tensor(pixels: torch.Tensor) -> Image.Image:
    if pixels.ndim != 3 or pixels.shape[0] != 3 or not pixels.is_floating_point():  # noqa: PLR2004
        about = f"{tuple(pixels.shape)} of {pixels.dtype}"
        raise BadImage(f"A tensor must be floating and (3, height, width); this one is {about}.")
    if pixels.numel() == 0:
        raise BadImage("The image has no pixels.")
    pixels = pixels.detach().float()
    if not bool(pixels.isfinite().all()):
        raise BadImage(
            "The image has values that are not numbers (NaN or infinite): "
            "the model or its decoder overflowed; give it another dtype."
        )
    low, high = float(pixels.min()), float(pixels.max())
    if low < -SLACK or high > 1 + SLACK:
        raise BadImage(f"A tensor must lie in [0, 1]; this one runs from {low:.3g} to {high:.3g}.")
    levels = (pixels * 255).round().clamp(0, 255).byte()
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())


def _too_large(path: Path | str, size: str) -> str:
    return (
        f"{path} is too large ({size}): at most {MOST_PIXELS // 1_000_000} megapixels are read. "
        "Make it smaller first."
    )
