"""An image as the patches a Qwen vision tower reads, resized exactly as the reference does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from cohp.errors import BadImage
from cohp.reward.qwen_sight import MERGE

if TYPE_CHECKING:
    from cohp.reward.base import Picture

WIDEST = 200
RESAMPLE = Image.Resampling.BICUBIC


def picture_size(picture: Picture) -> tuple[int, int]:
    """Return height and width; the picture is not decoded for it."""
    if isinstance(picture, Image.Image):
        height, width = picture.height, picture.width
    elif picture.ndim == 3 and picture.shape[0] == 3:  # noqa: PLR2004 - channels
        height, width = picture.shape[-2:]
    else:
        raise BadImage(f"A tensor image is (3, height, width), not {tuple(picture.shape)}.")
    if not height or not width:
        raise BadImage(f"The image is {width}x{height}: there is nothing to see.")
    if max(height, width) > WIDEST * min(height, width):
        raise BadImage(f"The image is {width}x{height}: sides beyond {WIDEST}:1 cannot be scored.")
    return height, width


def fitted(
    height: int, width: int, factor: int, least: int, most: int | None = None
) -> tuple[int, int]:
    """Return the size nearest this shape whose sides divide by `factor` and area is in range.

    Without `most` the area is to be `least`, as nearly as the sides allow.
    """
    most = most or least
    high = max(factor, round(height / factor) * factor)
    wide = max(factor, round(width / factor) * factor)
    if high * wide > most:
        shrink = math.sqrt(height * width / most)
        high = max(factor, math.floor(height / shrink / factor) * factor)
        wide = max(factor, math.floor(width / shrink / factor) * factor)
    elif high * wide < least:
        grow = math.sqrt(least / (height * width))
        high = math.ceil(height * grow / factor) * factor
        wide = math.ceil(width * grow / factor) * factor
    return high, wide


def resized(image: Image.Image, height: int, width: int) -> Image.Image:
    """Resize across and then down: newer Pillows may take the passes in the other order.

    With Pillow, even for what came as a tensor: no device kernel rounds as it does between the
    passes. It costs a few milliseconds of a CPU, and a copy of 3 MB for a megapixel.
    """
    return image.resize((width, image.height), RESAMPLE).resize((width, height), RESAMPLE)


def levels(image: Image.Image) -> torch.Tensor:
    """Return the pixels as bytes (3, height, width)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def patches(pixels: torch.Tensor, patch: int) -> torch.Tensor:
    """Cut (3, height, width) into rows of one patch each, the patches merged later together."""
    high, wide = pixels.shape[1] // patch // MERGE, pixels.shape[2] // patch // MERGE
    cut = pixels.reshape(3, high, MERGE, patch, wide, MERGE, patch)
    return cut.permute(1, 4, 2, 5, 0, 3, 6).reshape(high * wide * MERGE**2, 3 * patch**2)


def normalised(
    rows: torch.Tensor, mean: tuple[float, float, float], std: tuple[float, float, float]
) -> torch.Tensor:
    """Return rows of patches, bytes, as float32 around zero."""
    scale, shift = (
        torch.tensor(each, device=rows.device)[:, None]
        for each in (
            [1 / (255 * s) for s in std],
            [-m / s for m, s in zip(mean, std, strict=True)],
        )
    )
    channels = rows.reshape(*rows.shape[:-1], 3, -1).float()
    return channels.mul_(scale).add_(shift).flatten(-2)
