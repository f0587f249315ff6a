"""The uncertainty-aware ranking loss of HPSv3, and what pairs of a batch it is taken over."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

REACH, NODES = 4.0, 33  # deviations and points of the grid that averages over a normal
DEVIATIONS = (-5.0, 3.0)  # of the log deviation


def surprise(judged: Tensor, pairs: Tensor, share: Tensor) -> Tensor:
    """Return -log P of the votes for each pair of rows of mean and log deviation.

    P(a > b) is the mean of sigmoid(z) for z ~ N(mean_a - mean_b, std_a^2 + std_b^2);
    `share` is the share of annotators that prefer a.
    """
    means, logs = judged[:, 0], judged[:, 1].clamp(*DEVIATIONS)
    gap = means[pairs[:, 0]] - means[pairs[:, 1]]
    spread = torch.logaddexp(2 * logs[pairs[:, 0]], 2 * logs[pairs[:, 1]]).mul(0.5).exp()
    nodes = torch.linspace(-REACH, REACH, NODES, device=judged.device)
    weights = torch.log_softmax(-nodes.square() / 2, dim=0)
    z = gap[:, None] + spread[:, None] * nodes
    first = torch.logsumexp(functional.logsigmoid(z) + weights, dim=1)
    second = torch.logsumexp(functional.logsigmoid(-z) + weights, dim=1)
    return -(share * first + (1 - share) * second)


def spread(judged: Tensor, variance: Tensor) -> Tensor:
    """Return -log of how likely ratings that lie so far apart are, but for a constant."""
    logs = judged[:, 1].clamp(*DEVIATIONS)
    return (logs + variance / (2 * (2 * logs).exp())).mean()


def belief(guessed: list[Tensor], shares: list[Tensor]) -> Tensor:
    """Return how far guesses of what is seen are from what is, summed over the attributes."""
    losses = [
        functional.cross_entropy(guess, share) for guess, share in zip(guessed, shares, strict=True)
    ]
    return torch.stack(losses).sum()


def away(guessed: Tensor, share: Tensor) -> Tensor:
    """Return how far guesses, as logits, are from shares: 0 where they are the same."""
    right = torch.special.entr(share) + torch.special.entr(1 - share)
    return functional.binary_cross_entropy_with_logits(guessed, share) - right.mean()
