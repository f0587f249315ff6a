"""Scoring files against scoring pictures that are in memory: rates as ratios, memory, the cache.

The reward is HPSv3 with the golden set's small weights, the prompt one for all, the files mixed
PNG, JPEG and WebP of its own making. Both ways go by turns, so that what else the machine does
meets both; each peak of memory is of a process of its own.

Run: python benchmarks/score_files.py [--files 2000] [--many 10000] [--side 512]
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from cohp.measure.items import Item
from cohp.measure.judging import judge
from cohp.measure.panel import Panel
from cohp.measure.score_cache import ScoreCache
from cohp.reward.images import open_image

REWARD = f"hpsv3={Path(__file__).parents[1] / 'tests' / 'golden' / 'hpsv3'}"
PROMPT = "a photo of a red fox sitting in the snow"
SUFFIXES = (".png", ".jpg", ".webp")
BATCH = 32
TURNS = 3


def main() -> None:
    """Print what was measured, a line a figure."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--files", type=int, default=2000, help="how many are made and scored")
    options.add_argument("--many", type=int, default=10_000, help="how many the memory is seen at")
    options.add_argument("--side", type=int, default=512, help="pixels a side")
    options.add_argument("--reward", default=REWARD, help="who judges")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        paths = made(Path(place), chosen.files, chosen.side)
        print(f"{len(paths)} files of {chosen.side} pixels a side, {os.cpu_count()} CPUs", end="")
        print(f", load average {os.getloadavg()[0]:.1f} at the start", flush=True)
        with Panel.load([chosen.reward]) as panel:
            rates(panel, paths)
            hits(panel, paths[:500], Path(place) / "scores.sqlite")
        for count in (chosen.many // 10, chosen.many):
            with get_context("spawn").Pool(1) as fresh:
                print(f"peak memory at {count} files: {fresh.apply(peak, (paths, count)):.0f} MB")


def made(folder: Path, count: int, side: int) -> list[Path]:
    """Write files that differ: smooth shapes with some grain, as pictures have."""
    chance = np.random.default_rng(0)
    paths = []
    for number in range(count):
        rough = chance.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(rough).resize((side, side)), dtype=np.int16)
        grain = chance.integers(-4, 5, (side, side, 1), dtype=np.int16)
        path = folder / f"{number}{SUFFIXES[number % len(SUFFIXES)]}"
        Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8)).save(path, quality=90)
        paths.append(path)
    return paths


def rates(panel: Panel, paths: list[Path]) -> None:
    """Time both ways by turns, each turn on files of its own."""
    (reward,) = panel.rewards.values()
    spent = {"memory": 0.0, "files": 0.0}
    scored(panel, paths[:BATCH])  # this one warms up
    for turn in range(TURNS):
        own = paths[turn::TURNS]
        images = [open_image(path) for path in own]
        began = time.perf_counter()
        for start in range(0, len(images), BATCH):
            some = images[start : start + BATCH]
            reward.score(prompts=[PROMPT] * len(some), images=some)
        spent["memory"] += time.perf_counter() - began
        del images
        began = time.perf_counter()
        scored(panel, own)
        spent["files"] += time.perf_counter() - began
    for name, seconds in spent.items():
        print(f"from {name}: {len(paths) / seconds:.1f} images/s")
    print(f"files at {spent['memory'] / spent['files']:.0%} of the rate in memory", flush=True)


def hits(panel: Panel, paths: list[Path], place: Path) -> None:
    """Time what a score costs that is known already: reading the file, its digest, the table."""
    cache = ScoreCache(place)
    scored(panel, paths, cache)
    began = time.perf_counter()
    scored(panel, paths, cache)
    each = (time.perf_counter() - began) / len(paths)
    size = sum(path.stat().st_size for path in paths) / len(paths) / 1024
    print(f"a cache hit: {each * 1000:.2f} ms an image of {size:.0f} KB", flush=True)


def scored(panel: Panel, paths: list[Path], cache: ScoreCache | None = None) -> None:
    """Score files as `cohp score` does."""
    for judged in judge(items(paths, len(paths)), panel, cache):
        if judged.error is not None:
            raise SystemExit(judged.error)


def peak(paths: list[Path], count: int) -> float:
    """Return the megabytes that scoring so many files takes in all, by a reward without weights."""
    with Panel.load(["fake"]) as panel:
        for _ in judge(items(paths, count), panel):
            pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def items(paths: list[Path], count: int) -> Iterator[Item]:
    """Go through the files, again from the first where they are too few."""
    return (Item(path, str(path), PROMPT) for path in islice(cycle(paths), count))


if __name__ == "__main__":
    main()
