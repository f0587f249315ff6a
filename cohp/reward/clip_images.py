"""Four ways in which CLIP-like rewards make an image square, each as its reference does it.

They differ by less than an eye can see and by more than the references' tolerances.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, pad

from cohp.reward.images import as_rgb

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
BICUBIC = Image.Resampling.BICUBIC

Squaring = Callable[[Image.Image, int], Tensor]


def transformers_crop(image: Image.Image, size: int) -> Tensor:
    """RGB first; Pillow resizes the shorter side; the crop's offset is rounded down."""
    image = as_rgb(image)
    image = image.resize(_shorter_to(size, *image.size), BICUBIC)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return normalised(unit(image.crop((left, top, left + size, top + size))))


def openai_crop(image: Image.Image, size: int) -> Tensor:
    """Resize and crop in the image's own mode, the offset rounded to nearest; RGB at the end."""
    image = image.resize(_shorter_to(size, *image.size), BICUBIC)
    left, top = round((image.width - size) / 2), round((image.height - size) / 2)
    return normalised(unit(as_rgb(image.crop((left, top, left + size, top + size)))))


def tensor_crop(image: Image.Image, size: int) -> Tensor:
    """Resize the shorter side as floats that may leave [0, 1]; the offset is rounded."""
    wide, high = _shorter_to(size, *image.size)
    pixels = resized(unit(as_rgb(image)), high, wide)
    left, top = round((wide - size) / 2), round((high - size) / 2)
    return normalised(pixels[:, top : top + size, left : left + size])


def letterbox(image: Image.Image, size: int) -> Tensor:
    """Resize the longer side as floats that may leave [0, 1], and put black around the rest."""
    scale = size / max(image.size)
    wide, high = round(image.width * scale), round(image.height * scale)
    pixels = resized(unit(as_rgb(image)), high, wide)
    left, top = (size - wide) // 2, (size - high) // 2
    return normalised(pad(pixels, (left, size - wide - left, top, size - high - top)))


def unit(image: Image.Image) -> Tensor:
    """Return an RGB image as floats (3, height, width) in [0, 1]."""
    levels = torch.from_numpy(np.array(image, dtype=np.uint8))
    return levels.permute(2, 0, 1).float() / 255


def resized(pixels: Tensor, high: int, wide: int) -> Tensor:
    """Resize by antialiased bicubic; the overshoot at edges is kept, as the references keep it."""
    if pixels.shape[-2:] == (high, wide):
        return pixels
    return interpolate(pixels[None], size=(high, wide), mode="bicubic", antialias=True)[0]


def normalised(pixels: Tensor) -> Tensor:
    """Shift and scale by the mean and deviation CLIP was trained with."""
    return (pixels - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def _shorter_to(size: int, width: int, height: int) -> tuple[int, int]:
    """Return width and height with the shorter side at `size`, the longer one rounded down."""
    if width <= height:
        return size, int(size * height / width)
    return int(size * width / height), size
