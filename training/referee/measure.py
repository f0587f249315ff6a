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
from training.world.captions import plain
from training.world.scene import Scene, combinations

BATCH = 10


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
    """Draw every scene once; count what is right, and what a lost subject was taken for."""
    right: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for i in range(0, len(scenes), BATCH):
        some = scenes[i : i + BATCH]
        drawn = pictures(
            pipe, [plain(scene) for scene in some], seed + i, steps=steps, guidance=guidance
        )
        for scene, found in zip(some, referee.judge(drawn * 2 - 1), strict=True):
            hits = {name: found[name] == getattr(scene, name) for name in CLASSES}
            right.update(name for name, hit in hits.items() if hit)
            right["all four"] += all(hits.values())
            if not hits["subject"]:
                lost[f"{scene.subject} as {found['subject']}"] += 1
    return right, lost


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
        right, lost = measure(pipe, referee, scenes, told.seed, steps=steps, guidance=guidance)
        shares = {name: round(right[name] / len(scenes), 3) for name in (*CLASSES, "all four")}
        line = {"prompts": len(scenes), **way, **shares, "lost": dict(lost.most_common(8))}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
