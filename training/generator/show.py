"""A contact sheet of what a checkpoint, or an exported folder, draws."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image

from cohp.mini.vocabulary import COLOURS, PLACES, SUBJECTS, TIMES
from training.generator.opened import opened, pictures
from training.sheet import sheet
from training.world.captions import plain
from training.world.scene import Scene


def prompts(count: int) -> list[str]:
    """Every subject in turn, colours, places and times going round beside it."""
    tables = [list(table) for table in (SUBJECTS, COLOURS, PLACES, TIMES)]
    rows = []
    for i in range(count):
        steps = (i, i * 3 + i // 16, i * 5 + i // 6, i + i // 16 * 2)
        subject, colour, place, time = (t[k % len(t)] for t, k in zip(tables, steps, strict=True))
        rows.append(plain(Scene(subject, colour, place, time)))
    return rows


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="a checkpoint or a diffusers folder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=2.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("prompts", nargs="*")
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    pipe = opened(told.source)
    texts = told.prompts or prompts(told.count)
    images: list[Image.Image] = []
    for i in range(0, len(texts), 8):
        some = texts[i : i + 8]
        drawn = pictures(pipe, some, told.seed + i, steps=told.steps, guidance=told.guidance)
        images += [
            Image.fromarray(each) for each in drawn.mul(255).byte().permute(0, 2, 3, 1).numpy()
        ]
    sheet(images, texts, zoom=max(1, 128 // images[0].width)).save(told.out)


if __name__ == "__main__":
    main()
