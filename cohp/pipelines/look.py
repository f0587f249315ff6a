"""How a picture looks in numbers, so that drift over the rounds shows; and holding it back."""

from __future__ import annotations

import torch
from torch import Tensor

# How much each colour counts towards lightness (ITU-R BT.709).
LUMA = (0.2126, 0.7152, 0.0722)
DIGITS = 4


def look(pixels: Tensor) -> dict[str, float]:
    """Measure a picture (3, height, width) in [0, 1]; each number is 0 for a black one.

    Brightness is mean lightness, contrast its standard deviation, saturation the mean distance
    between a pixel's strongest and weakest colour, sharpness the mean size of the Laplacian.
    """
    light = (pixels * torch.tensor(LUMA, device=pixels.device).view(3, 1, 1)).sum(0)
    inner = light[1:-1, 1:-1]
    around = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
    measured = {
        "brightness": light.mean(),
        "contrast": light.std(correction=0),
        "saturation": (pixels.amax(0) - pixels.amin(0)).mean(),
        "sharpness": (around - 4 * inner).abs().mean() if inner.numel() else light.new_zeros(()),
    }
    numbers = torch.stack(list(measured.values())).tolist()
    return {name: round(number, DIGITS) for name, number in zip(measured, numbers, strict=True)}


def match_colours(latents: Tensor, parents: Tensor) -> Tensor:
    """Give each channel of some latents the mean and deviation it has in their parents.

    Done to latents, not to pixels, so that what the next round starts from is what was seen.
    """
    axes = (-2, -1)
    mean, spread = latents.mean(axes, keepdim=True), latents.std(axes, keepdim=True)
    wanted, width = parents.mean(axes, keepdim=True), parents.std(axes, keepdim=True)
    return (latents - mean) / spread.clamp_min(1e-6) * width + wanted
