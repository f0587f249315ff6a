"""Begins the judge's patch embedding so that fine grain is as loud as what a patch shows."""

from __future__ import annotations

import torch
from torch import Tensor

from cohp.reward.hpsv3 import HPSv3
from cohp.reward.qwen_images import normalised, patches
from training.reward.net import PATCH, Judge

QUIET = 1e-3  # variances well below this are nothing


@torch.no_grad()
def whiten(judge: Judge, pictures: Tensor) -> None:
    """Write kernels that give patches like those of `pictures` unit variance every way.

    Patches vary a thousand times more in their colour than in their grain: with random kernels an
    eye learns names at once, and what is broken or grainy hardly ever.
    """
    rows = torch.cat([patches(each, PATCH) for each in pictures])
    seen = normalised(rows, HPSv3.MEAN, HPSv3.STD)
    variances, ways = torch.linalg.eigh(seen.T.cov())
    kernels = judge.visual.patch_embed.proj.weight
    count = len(kernels)
    turn = torch.linalg.qr(torch.randn(len(ways), len(ways), device=ways.device))[0][:count]
    white = turn @ (ways / (variances + QUIET).sqrt()).T
    # The reward adds the kernel's two frames, which see the same picture.
    both = white.reshape(count, 3, 1, PATCH, PATCH).expand_as(kernels) / 2
    kernels.copy_(both)
