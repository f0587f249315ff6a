"""What a decoder learns from: a picture as a generator leaves it, and the true one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.generator import checkpoint
from training.world.render import render
from training.world.stream import scenes

GRAIN = 0.12  # the most noise that stands for a generator's own
GUESSED = 0.6  # share of pictures that went through the generator, where there is one
DEEPEST = 0.45  # share of noise a generator guesses from: the layout must survive it
Guess = Callable[[Tensor, Tensor, Sequence[str]], Tensor]
"""Noisy pictures of 64 pixels, their shares of noise and captions in; clean guesses out."""


def lessons(
    seed: int, size: int, zoom: int, guess: Guess | None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of worn pictures of 64 pixels and larger true ones, both in -1..1."""
    source, rng = scenes(seed), np.random.default_rng([seed, 2])
    noise = torch.Generator().manual_seed(seed)
    while True:
        drawn = [next(source) for _ in range(size)]
        small = _stack([render(scene) for scene, _ in drawn])
        worn = small + _grain(small, rng, noise)
        if guess is not None:
            level = torch.from_numpy(rng.uniform(0.02, DEEPEST, size)).float()
            share = level[:, None, None, None]
            fresh = torch.randn(small.shape, generator=noise)
            guessed = guess((1 - share) * small + share * fresh, level, [c.text for _, c in drawn])
            chosen = torch.from_numpy(rng.random(size) < GUESSED)[:, None, None, None]
            worn = torch.where(chosen, guessed, worn)
        yield worn, _stack([render(scene, zoom) for scene, _ in drawn])


def through(source: Path) -> Guess:
    """Return the guesses of a generator's checkpoint."""
    generator = checkpoint.build(checkpoint.load(source))

    @torch.no_grad()
    def guess(noisy: Tensor, level: Tensor, captions: Sequence[str]) -> Tensor:
        guessed: Tensor = generator(noisy, level, generator.tokens(list(captions)))
        return guessed

    return guess


def _grain(small: Tensor, rng: np.random.Generator, noise: torch.Generator) -> Tensor:
    strength = torch.from_numpy(rng.uniform(0, GRAIN, len(small))).float()
    return strength[:, None, None, None] * torch.randn(small.shape, generator=noise)


def _stack(pictures: Sequence[np.ndarray]) -> Tensor:
    pixels = np.stack(pictures).transpose(0, 3, 1, 2) * 2 - 1
    return torch.from_numpy(np.ascontiguousarray(pixels))
