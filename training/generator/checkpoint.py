"""Checkpoints: everything a training run needs to go on, written whole or not at all."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.generator.kinds import KINDS, Generator


class Average:
    """A moving average of a model's weights, quick at first and slow later."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def follow(self, model: nn.Module) -> None:
        """Move towards the model's present weights."""
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, share)


def save(path: Path, content: dict[str, Any]) -> None:
    """Write beside the target and rename: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save(content, beside)
    beside.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Return a checkpoint; only tensors and plain values are accepted."""
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def describe(generator: Generator) -> dict[str, Any]:
    """Return what is needed to build the same generator again."""
    shape = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(generator.shape).items()}
    return {"kind": generator.NAME, "shape": shape, "words": list(generator.words)}


def build(content: dict[str, Any], *, averaged: bool = True) -> Generator:
    """Return the generator of a checkpoint, with its averaged weights or its raw ones."""
    kind = KINDS[content["kind"]]
    shape = {k: tuple(v) if isinstance(v, list) else v for k, v in content["shape"].items()}
    generator = kind(kind.SHAPE(**shape), tuple(content["words"]))
    weights: dict[str, Tensor] = content["average" if averaged else "model"]
    generator.load_state_dict(weights)
    return generator.eval()
