"""Trains the referee: `python -m training.referee.train OUT.safetensors`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.referee.damage import anywhere, broken, worn
from training.referee.net import BROKEN, CLASSES, Referee
from training.world.render import render
from training.world.scene import Scene, combinations
from training.world.stream import draw_scene

BROKEN_SHARE = 0.2
Labels = dict[str, Tensor]


def lesson(size: int, rng: np.random.Generator, *, held: bool) -> tuple[Tensor, Labels]:
    """Draw pictures with their true attributes; a broken one keeps its place and time only."""
    pool, pictures = combinations(held=held), []
    rows: list[tuple[Scene, bool]] = []
    for _ in range(size):
        scene = anywhere(draw_scene(pool, rng), rng)
        spoilt = rng.random() < BROKEN_SHARE
        pictures.append(worn(broken(scene, pool, rng) if spoilt else render(scene), rng))
        rows.append((scene, spoilt))
    labels = {name: torch.tensor([_label(name, *row) for row in rows]) for name in CLASSES}
    pixels = torch.from_numpy(np.stack(pictures).transpose(0, 3, 1, 2))
    return pixels * 2 - 1, labels


def _label(name: str, scene: Scene, spoilt: bool) -> int:
    if spoilt and name == "subject":
        return CLASSES[name].index(BROKEN)
    if spoilt and name == "colour":
        return -100  # cross entropy passes over it
    return CLASSES[name].index(getattr(scene, name))


def accuracy(referee: Referee, count: int, *, held: bool) -> dict[str, float]:
    """Measure each head on fresh pictures."""
    right = dict.fromkeys(CLASSES, 0)
    asked = dict.fromkeys(CLASSES, 0)
    rng = np.random.default_rng(987)
    for _ in range(0, count, 100):
        pixels, labels = lesson(100, rng, held=held)
        with torch.no_grad():
            scores = referee.eval()(pixels)
        for name, truth in labels.items():
            right[name] += int((scores[name].argmax(dim=-1) == truth).sum())
            asked[name] += int((truth >= 0).sum())
    return {name: round(right[name] / asked[name], 4) for name in CLASSES}


def train(steps: int, batch: int, seed: int) -> Referee:
    """Teach a referee on combinations that are not held out."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    referee = Referee()
    optimizer = torch.optim.AdamW(referee.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for step in range(steps):
        pixels, labels = lesson(batch, rng, held=False)
        scores = referee.train()(pixels)
        loss = torch.stack(
            [functional.cross_entropy(scores[name], truth) for name, truth in labels.items()]
        ).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(json.dumps({"step": step, "loss": round(loss.item(), 4)}), flush=True)
    return referee.eval()


def main() -> None:
    """Train, measure on held-out combinations, keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--threads", type=int, default=1)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    referee = train(told.steps, told.batch, told.seed)
    told.out.parent.mkdir(parents=True, exist_ok=True)
    referee.save(told.out)
    print(json.dumps({"held_out_accuracy": accuracy(Referee.load(told.out), 3000, held=True)}))


if __name__ == "__main__":
    main()
