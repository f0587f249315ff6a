"""An endless, seeded stream of training scenes with their captions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.world.captions import Caption, caption
from training.world.render import Pixels, render
from training.world.scene import SIZE_SHARES, SIZES, Scene, combinations

FAVOUR = 3


def draw_scene(pool: list[tuple[str, str, str, str]], rng: np.random.Generator) -> Scene:
    """Return a scene at random: a combination from the pool, a size, a place to stand, a side."""
    combination = pool[int(rng.integers(len(pool)))]
    size = int(rng.choice(list(SIZE_SHARES), p=list(SIZE_SHARES.values())))
    left = SIZES[size][int(rng.integers(len(SIZES[size])))]
    return Scene(*combination, size=size, left=left, mirrored=bool(rng.integers(2)))


def scenes(
    seed: int, *, held: bool = False, favourites: frozenset[str] = frozenset()
) -> Iterator[tuple[Scene, Caption]]:
    """Scenes and captions for ever; held-out combinations only when asked for.

    Favourite subjects come up `FAVOUR` times as often as each other one.
    """
    rng = np.random.default_rng(seed)
    pool = combinations(held=held)
    pool += [each for each in pool if each[0] in favourites] * (FAVOUR - 1)
    while True:
        scene = draw_scene(pool, rng)
        yield scene, caption(scene, rng)


def batches(
    seed: int, size: int, favourites: frozenset[str] = frozenset()
) -> Iterator[tuple[Pixels, list[str]]]:
    """Batches of pictures in -1..1 (batch, colour, height, width) and their captions."""
    source = scenes(seed, favourites=favourites)
    while True:
        drawn = [next(source) for _ in range(size)]
        pixels = np.stack([render(scene) for scene, _ in drawn]).transpose(0, 3, 1, 2)
        yield np.ascontiguousarray(pixels * 2 - 1), [text.text for _, text in drawn]
