"""Latents to eight-bit pixels, and images to latents, with the autoencoder where it is safe."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cohp.pipelines.foreign import Vae
from cohp.pipelines.latents import Codec

LEVELS = 255
# Weights of so many dimensions convolve frames, which have another order.
VIDEO = 5


class Autoencoder:
    """The autoencoder of a pipeline; pictures are (3, height, width) in [0, 1]."""

    def __init__(self, vae: Vae, codec: Codec) -> None:
        self._vae = vae
        self._codec = codec
        self._tiled = bool(getattr(vae, "use_tiling", False))
        # Its half precision overflows, and the picture is black.
        if vae.dtype == torch.float16 and vae.config.get("force_upcast"):
            vae.to(torch.float32)
        pictures_only = all(each.ndim < VIDEO for each in vae.parameters())
        # A processor convolves faster where an image's channels lie side by side.
        if vae.device.type == "cpu" and pictures_only:
            vae.to(memory_format=torch.channels_last)
        # Of frames it remembers the last, and half precision may become another type on the way.
        self.shared = pictures_only and vae.dtype != torch.float16
        """Whether several threads may decode at once."""

    def decode(self, latents: Tensor) -> Tensor:
        """Decode the latents of one image to a picture of eight-bit levels.

        The levels are those of its PNG, so that both have the same score. Where latents or
        pixels are no numbers, neither is the picture.
        """
        pixels = self._pixels(latents)
        if not bool(latents.isfinite().all()):
            pixels = torch.full_like(pixels, torch.nan)
        elif not bool(pixels.isfinite().all()):
            # Half precision has just overflowed; in float32 from now on.
            self._vae.to(torch.float32)
            pixels = self._pixels(latents)
        picture = ((pixels / 2 + 0.5).clamp(0, 1) * LEVELS).round() / LEVELS
        # An infinite value is no white.
        return picture.where(pixels.isfinite(), torch.nan)

    def tile(self) -> bool:
        """Work on pieces of an image from now on; False where it does so or cannot."""
        if self._tiled or not hasattr(self._vae, "enable_tiling"):
            return False
        try:
            self._vae.enable_tiling()
        except NotImplementedError:
            return False
        self._tiled = True
        return True

    def encode(self, image: Image.Image, width: int, height: int) -> Tensor:
        """Return the latents of an image, brought to a size if it has another."""
        picture = image.convert("RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        levels = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)
        pixels = (levels.to(self._vae.device, torch.float32) / LEVELS * 2 - 1)[None]
        return self._codec.encode(self._vae, pixels)[0]

    def _pixels(self, latents: Tensor) -> Tensor:
        return self._codec.decode(self._vae, latents[None].float())[0].float()


def as_image(picture: Tensor) -> Image.Image:
    """Return a picture as an image; values that are no numbers are black."""
    levels = (picture.nan_to_num() * LEVELS).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())
