"""Held-out pictures as the judge and as the simulated annotators see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from cohp.reward.hpsv3 import HPSv3
from cohp.types import Score
from training.reward.flaws import possible, spoil
from training.reward.lessons import Kept, Prompt, bytes_of, drawn, levels, wanted
from training.reward.taste import Taste, taste
from training.reward.truth import look, moved, told
from training.world.captions import Caption, plain
from training.world.render import Pixels
from training.world.scene import combinations
from training.world.stream import draw_scene

VOTES = 200  # simulated annotators asked about a pair, where the chance itself is wanted
EVERYTHING = frozenset(("subject", "colour", "place", "time", "count"))


@dataclass(frozen=True)
class Judged:
    """A picture of a prompt: what annotators think of it, and what the judge says."""

    prompt: Prompt
    taste: Taste
    score: Score


def scored(reward: HPSv3, prompts: Sequence[str], pictures: Sequence[Pixels]) -> list[Score]:
    """Score pictures of 0..1."""
    images = [torch.from_numpy(bytes_of(p).copy()).permute(2, 0, 1) / 255 for p in pictures]
    return reward.score(prompts=prompts, images=images)


def judged(reward: HPSv3, kept: Kept) -> list[Judged]:
    """Judge the pictures that generators drew of one prompt."""
    prompt = wanted(kept.scene, kept.text)
    scores = scored(reward, [prompt.text] * len(kept.seen), list(levels(kept.pictures)))
    return [
        Judged(prompt, taste(seen, prompt.said), score)
        for seen, score in zip(kept.seen, scores, strict=True)
    ]


def synthetic(reward: HPSv3, count: int, rng: np.random.Generator) -> list[list[Judged]]:
    """Judge renderings that are right, wrong, clean or spoilt, some of each prompt."""
    pool, found = combinations(held=True), []
    for _ in range(count):
        scene = draw_scene(pool, rng)
        prompt = wanted(scene, Caption(plain(scene), EVERYTHING))
        pictures, seen = [], []
        for place in range(4):
            shown = moved(scene, rng)
            if place % 2:
                shown = replace(draw_scene(pool, rng), subject=scene.subject, time=scene.time)
            pixels = drawn(shown, rng)
            if place > 1:
                names = possible(shown)
                name = names[int(rng.integers(len(names)))]
                pixels = spoil(name, pixels, shown, float(rng.random()), rng)
            pictures.append(pixels)
            seen.append(told(pixels, shown) if place <= 1 else look(pixels))
        scores = scored(reward, [prompt.text] * len(pictures), pictures)
        found.append(
            [
                Judged(prompt, taste(s, prompt.said), score)
                for s, score in zip(seen, scores, strict=True)
            ]
        )
    return found


def chance(a: Taste, b: Taste, rng: np.random.Generator) -> float:
    """Return how many annotators of a hundred, as a share, prefer a to b."""
    gap = a.mean - b.mean + np.hypot(a.deviation, b.deviation) * rng.standard_normal(VOTES)
    return float((1 / (1 + np.exp(-gap))).mean())
