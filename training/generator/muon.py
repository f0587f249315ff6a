"""Muon: momentum whose matrices are made orthogonal before each step, many of one shape at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import overload

import torch
from torch import Tensor
from torch.optim import Optimizer

STEPS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonal(batch: Tensor) -> Tensor:
    """Return the nearest semi-orthogonal matrices, roughly, by Newton-Schulz iteration."""
    tall = batch.shape[-2] > batch.shape[-1]
    x = batch.mT if tall else batch
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    turned: Tensor = x.mT if tall else x
    return turned


class Muon(Optimizer):
    """For the weight matrices inside a transformer; everything else is AdamW's."""

    def __init__(self, params: Iterable[Tensor], lr: float = 0.02, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step; every matrix moves by about the same amount in every direction."""
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    shapes[p.shape].append(p)
            for shape, members in shapes.items():
                pushes = [self._push(p, group["momentum"]) for p in members]
                turned = orthogonal(torch.stack(pushes))
                reach = max(1.0, shape[0] / shape[1]) ** 0.5
                for p, direction in zip(members, turned, strict=True):
                    p.add_(direction, alpha=-group["lr"] * reach)
        return loss

    def _push(self, p: Tensor, momentum: float) -> Tensor:
        state = self.state[p]
        if "speed" not in state:
            state["speed"] = torch.zeros_like(p)
        speed: Tensor = state["speed"]
        grad = p.grad if p.grad is not None else torch.zeros_like(p)
        speed.lerp_(grad, 1 - momentum)
        return grad.lerp(speed, momentum)
