"""Writes a judge as a reward's folder: `python -m training.reward.export CHECKPOINT FOLDER`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from cohp.reward.hpsv3 import HPSv3
from training.generator import checkpoint
from training.reward.lessons import bytes_of, drawn
from training.reward.net import SIDE, Shape, config
from training.reward.wording import layout
from training.world.captions import plain
from training.world.scene import combinations
from training.world.stream import draw_scene

FLAWLESS = 10.0  # what a flawless picture of what was asked for scores, on average
PICTURES = 100


def write(folder: Path, shape: Shape, weights: dict[str, Tensor]) -> None:
    """Write the weights in half precision, and what a reader needs beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    words = layout()
    tokens = len(words["model"]["vocab"]) + len(words["added_tokens"])
    tables = {
        "config": config(shape, tokens),
        "tokenizer": words,
        "reward_config": {"pixels": SIDE * SIDE},
    }
    for name, table in tables.items():
        text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    halves = {name: tensor.half().contiguous() for name, tensor in weights.items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})


def usual(folder: Path, seed: int) -> float:
    """Return the mean score of true renderings under their own captions."""
    rng, reward = np.random.default_rng(seed), HPSv3(folder)
    pool = combinations(held=False)
    scenes = [draw_scene(pool, rng) for _ in range(PICTURES)]
    images = [torch.from_numpy(bytes_of(drawn(s, rng))).permute(2, 0, 1) / 255 for s in scenes]
    scores = reward.score(prompts=[plain(scene) for scene in scenes], images=images)
    return float(np.mean([score.mean for score in scores]))


def main() -> None:
    """Export the averaged weights, the scale moved so that a flawless picture scores 10."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--threads", type=int, default=1)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    content = checkpoint.load(told.checkpoint)
    shape = Shape(**(content["shape"] | {"judge": tuple(content["shape"]["judge"])}))
    weights = {
        name.removeprefix("judge."): tensor
        for name, tensor in content["average"].items()
        if name.startswith("judge.")
    }
    write(told.folder, shape, weights)
    weights["rm_head.5.bias"][0] += FLAWLESS - usual(told.folder, told.seed)
    write(told.folder, shape, weights)
    print(json.dumps({"step": content["step"], "flawless": usual(told.folder, told.seed)}))


if __name__ == "__main__":
    main()
