"""Many prompts together where memory holds one model at a time, with weights as large as real ones.

python benchmarks/swapping.py [--prompts N] [--images N] [--small] [--folder FOLDER]

The embedded models load in a tenth of a second, so swapping them costs next to nothing. Here two
models of SDXL's size (2.2 billion random values, 4.5 GB in bfloat16), which it makes itself, draw
small pictures in one unguided step, as a turbo model does, so that loading weighs something beside
drawing. Memory that holds one of them caches no file of the other: the system is told to forget
them. It takes 10 GB of disk.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from chain import OneAtATime, compare, shaped
from gpu import pipeline
from scenes import prompts

from cohp.executors.read_ahead import weights_of
from cohp.pipelines import load
from cohp.pipelines.base import Generator
from cohp.reward.loading import load as load_reward

NAMES = ("one", "two")


def main() -> None:
    """Make the weights that are not there yet, and print one line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--prompts", type=int, default=20)
    options.add_argument("--images", type=int, help="a model, and a round")
    options.add_argument("--small", action="store_true", help="tiny weights: a rehearsal")
    options.add_argument("--folder", type=Path, help="where the weights are made, and stay")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = asked.folder or Path(passing) / "weights"
        for name in NAMES:
            if not (folder / name / "model_index.json").is_file():
                pipeline("sdxl", small=asked.small).save_pretrained(folder / name)
        models = [f"{folder / name}:dtype=bfloat16" for name in NAMES]

        def from_disk(name: str) -> Generator:
            for each in models:
                forget(each)
            return load(name)

        executor = OneAtATime(load_reward("mini-judge"), from_disk)
        drawn = {"models": models, "steps": 1, "guidance": 1.0, "width": 64, "height": 64}
        shape = shaped(asked.images) | drawn
        compare("swapping", executor, Path(passing), prompts(asked.prompts), shape)


def forget(name: str) -> None:
    """Have the system drop what it caches of a model's files; none may be at work."""
    for file in weights_of(name):
        opened = os.open(file, os.O_RDONLY)
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(opened)


if __name__ == "__main__":
    main()
