"""What the referee finds in a generator's pictures: `python -m training.referee.measure ...`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import torch
from diffusers import DiffusionPipeline

from training.generator.opened import opened, pictures
from training.referee.net import CLASSES, Referee
from training.referee.verdict import look
from training.world.captions import plain
from training.world.scene import Scene, combinations

BATCH = 10
COUNTED = (*CLASSES, "named", "whole", "right")


def prompts(count: int, seed: int) -> list[Scene]:
    """Pick held-out scenes at random."""
    pool = combinations(held=True)
    order = np.random.default_rng(seed).permutation(len(pool))[:count]
    return [Scene(*pool[int(i)]) for i in order]


def measure(  # noqa: PLR0913 -- two of them are how to draw
    pipe: DiffusionPipeline,
    referee: Referee,
    scenes: list[Scene],
    seed: int,
    *,
    steps: int,
    guidance: float,
) -> tuple[Counter[str], Counter[str]]:
    """Draw every scene once; count what is right, and which subjects were lost or broken."""
    right: Counter[str] = Counter()
    worst: Counter[str] = Counter()
    for i in range(0, len(scenes), BATCH):
        some = scenes[i : i + BATCH]
        drawn = pictures(
            pipe, [plain(scene) for scene in some], seed + i, steps=steps, guidance=guidance
        )
        for scene, found in zip(some, look(referee, drawn, some), strict=True):
            right.update(name for name in COUNTED if getattr(found, name))
            if not found.subject:
                worst[f"{scene.subject} lost"] += 1
            elif not found.whole:
                worst[f"{scene.subject} broken"] += 1
    return right, worst


def main() -> None:
    """Draw held-out prompts, ask the referee, print the shares that are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="a checkpoint or a diffusers folder")
    parser.add_argument("referee", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--steps", type=int, nargs="+", default=[20])
    parser.add_argument("--guidance", type=float, nargs="+", default=[2.5])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    referee = Referee.load(told.referee)
    pipe = opened(told.source)
    scenes = prompts(told.count, told.seed)
    for steps, guidance in product(told.steps, told.guidance):
        way = {"steps": steps, "guidance": guidance}
        right, worst = measure(pipe, referee, scenes, told.seed, steps=steps, guidance=guidance)
        shares = {name: round(right[name] / len(scenes), 3) for name in COUNTED}
        line = {"prompts": len(scenes), **way, **shares, "worst": dict(worst.most_common(8))}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
