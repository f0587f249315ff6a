"""The loss: guess the clean picture anywhere on the straight path from it to noise."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

CENTRE, SPREAD = 0.9, 1.1  # where on the path to train most: rather noisy
FLOOR = 0.05


def levels(count: int, generator: torch.Generator) -> Tensor:
    """Shares of noise, 0..1."""
    normal = torch.randn(count, generator=generator)
    return torch.sigmoid(CENTRE + SPREAD * normal)


def loss(
    model: Callable[[Tensor, Tensor, Tensor], Tensor],
    clean: Tensor,
    ids: Tensor,
    level: Tensor,
    noise: Tensor,
) -> Tensor:
    """One number a picture: the error of the velocity that the guessed picture implies."""
    share = level[:, None, None, None]
    noisy = (1 - share) * clean + share * noise
    error = (model(noisy, level, ids) - clean) / share.clamp_min(FLOOR)
    return error.square().mean(dim=(1, 2, 3))
