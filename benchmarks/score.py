"""Measures HPSv3 here against the reference's way of computing it, in one run, as ratios.

The reference's way is `score_rival.py`. Both ways get the same random weights and images, by turns,
and their scores are compared; ours is timed in bfloat16 too, and its operations are set against the
rate of a large float32 matrix product. On a CPU each peak is of a process of its own; on a GPU the
full-size model is timed in bfloat16 as well.

Run: python benchmarks/score.py [--sizes small mid] [--batches 1 8 32] [--processor-time]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from score_rival import score_plainly
from torch.utils.flop_counter import FlopCounterMode

from cohp.reward.hpsv3 import HPSv3

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
PROMPT = "a photo of a red fox sitting in the snow"
# hidden, inner, heads, layers of the language model; width, heads, blocks of the vision tower
SIZES = {
    "small": (96, 160, 4, 3, 64, 4, 2),
    "mid": (512, 1536, 8, 8, 320, 5, 8),
    "full": (3584, 18944, 28, 28, 1280, 16, 32),
}


def main() -> None:
    """Print a Markdown table a device."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", nargs="+", default=["small", "mid"], choices=[*SIZES])
    options.add_argument("--batches", nargs="+", type=int, default=[1, 8, 32])
    options.add_argument(
        "--processor-time",
        action="store_true",
        help="Count the processor's time, not the clock's: for a machine that others use too.",
    )
    chosen = options.parse_args()
    clock = "process_time" if chosen.processor_time else "perf_counter"
    threads = torch.get_num_threads()
    print(f"CPU, {threads} threads, load average {os.getloadavg()[0]:.1f}, by time.{clock}\n")
    print("| model | batch | reference images/s | ours images/s | faster |", end="")
    print(" share of the matrix rate | in bfloat16 | reference peak MB | ours peak MB |", end="")
    print(" largest difference |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = weights(size, Path(place))
            for batch in chosen.batches:
                print(compared(size, folder, batch, clock), flush=True)
    if torch.cuda.is_available():
        on_gpu(chosen.batches)


def compared(size: str, folder: Path, batch: int, clock: str) -> str:
    """Measure both ways and return their row of the table."""
    with get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
        theirs, mine, coarse, share = fresh.apply(rates, (folder, batch, clock))
        peaks = [fresh.apply(peak, (way, folder, batch)) for way in ("reference", "ours")]
    apart = max(abs(a - b) for a, b in zip(theirs.means, mine.means, strict=True))
    return (
        f"| {size} | {batch} | {theirs.rate:.2f} | {mine.rate:.2f} "
        f"| {mine.rate / theirs.rate:.2f}x | {share:.0%} | {coarse.rate / theirs.rate:.2f}x "
        f"| {peaks[0]:.0f} | {peaks[1]:.0f} | {apart:.1e} |"
    )


@dataclass
class Timed:
    """Images a second, at best, and the scores."""

    rate: float
    means: list[float]


def rates(folder: Path, batch: int, clock: str) -> tuple[Timed, Timed, Timed, float]:
    """Score a batch by each way in turn, so that what else the machine does meets all of them.

    With it the share of the matrix rate that ours comes to in float32.
    """
    now, pictures = getattr(time, clock), images(batch)
    ways = [way(folder) for way in WAYS.values()]
    found = [Timed(0, way(pictures)) for way in ways]  # this one warms up
    for _ in range(3 if batch < 32 else 1):  # noqa: PLR2004 - a long one steadies itself
        for way, best in zip(ways, found, strict=True):
            start = now()
            way(pictures)
            best.rate = max(best.rate, batch / (now() - start))
    theirs, mine, coarse = found
    each = operations(lambda: ways[1](pictures[:1]))
    return theirs, mine, coarse, mine.rate * each / matrix_rate("cpu", torch.float32, 2048, now)


def operations(work: Callable[[], object]) -> int:
    """Count the floating-point operations of products and of attention."""
    fused = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001 - its only name
    with FlopCounterMode(display=False, custom_mapping={fused: attended}) as counter:
        work()
    return int(counter.get_total_flops())


def attended(
    query: tuple[int, ...],
    key: tuple[int, ...],
    _value: tuple[int, ...],
    _dropout: float = 0.0,
    is_causal: bool = False,
    **_: object,
) -> int:
    """Count attention's two products, which torch counts on GPUs alone; half where causal."""
    batch, heads, length, width = query
    return 4 * batch * heads * length * key[2] * width // (1 + is_causal)


def peak(way: str, folder: Path, batch: int) -> float:
    """Return the megabytes that scoring takes above the loaded model."""
    pictures, score = images(batch), WAYS[way](folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    score(pictures)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def ours(folder: Path, dtype: str = "float32") -> Callable[[list[Image.Image]], list[float]]:
    """Return the reward of this project as a function of pictures."""
    reward = HPSv3(folder, dtype=dtype)
    return lambda pictures: [
        score.mean for score in reward.score(prompts=[PROMPT] * len(pictures), images=pictures)
    ]


def reference(folder: Path) -> Callable[[list[Image.Image]], list[float]]:
    """Return the same arithmetic done the reference's way."""
    one = score_plainly(folder)
    return lambda pictures: [one(PROMPT, picture) for picture in pictures]


WAYS = {"reference": reference, "ours": ours, "bfloat16": partial(ours, dtype="bfloat16")}


def images(count: int) -> list[Image.Image]:
    """Make pictures of 1024x1024, each its own."""
    chance = np.random.default_rng(0)
    rough = chance.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    return [Image.fromarray(each).resize((1024, 1024)) for each in rough]


def weights(size: str, folder: Path, dtype: torch.dtype = torch.float32) -> Path:
    """Write a folder with the golden tokenizer and random weights of a size."""
    hidden, inner, heads, layers, wide, seeing, depth = SIZES[size]
    source = GOLDEN / "hpsv3"
    shutil.copy(source / "tokenizer.json", folder)
    config = json.loads((source / "config.json").read_text())
    half = hidden // heads // 2
    config |= {"hidden_size": hidden, "intermediate_size": inner, "num_attention_heads": heads}
    config |= {"num_hidden_layers": layers, "num_key_value_heads": heads // 7 or 1}
    if size != "full":
        config["num_key_value_heads"] = 2
    part = half * 3 // 8
    config["rope_scaling"] = {"type": "mrope", "mrope_section": [half - 2 * part, part, part]}
    config["vision_config"] |= {"depth": depth, "embed_dim": wide, "hidden_size": hidden}
    config["vision_config"] |= {"num_heads": seeing}
    (folder / "config.json").write_text(json.dumps(config))
    save_file(random_tensors(config, dtype), folder / "model.safetensors")
    return folder


def random_tensors(config: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    """Draw every tensor of the published layout, small enough that nothing overflows."""
    stored = load_file(GOLDEN / "hpsv3" / "model.safetensors")
    heads = {name: t.shape for name, t in stored.items() if name.startswith("rm_head.")}
    heads["rm_head.0.weight"] = torch.Size((1024, config["hidden_size"]))
    vocabulary = len(stored["model.embed_tokens.weight"])
    shapes = {name: tuple(shape) for name, shape in heads.items()}
    with torch.device("meta"):
        parts = HPSv3.build(config, shapes | {"language_model.embed_tokens.weight": (vocabulary,)})
    for part, prefix in (("visual", "visual."), ("language_model", "model.")):
        for name, value in parts[part].named_parameters():
            shapes.setdefault(prefix + name, tuple(value.shape))
    chance = torch.Generator().manual_seed(0)
    drawn = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=chance, dtype=dtype)
        width = shape[-1] if len(shape) > 1 else 1
        drawn[name] = (
            torch.ones(shape, dtype=dtype)
            if len(shape) == 1 and "norm" in name
            else (values * (0.7 / width**0.5 if width > 1 else 0.02))
        )
    return drawn


def on_gpu(batches: list[int]) -> None:
    """Time the full-size model in bfloat16 against the rate of a large matrix product."""
    with tempfile.TemporaryDirectory() as place:
        reward = HPSv3(weights("full", Path(place), torch.bfloat16), "cuda", batch=max(batches))
    rate = matrix_rate("cuda", torch.bfloat16, 8192)
    each = operations(lambda: reward.score(prompts=[PROMPT], images=images(1)))
    print(f"\n{torch.cuda.get_device_name()}, bfloat16, 8.3 G random parameters;", end=" ")
    print(
        f"matrix products run at {rate / 1e12:.0f} TFLOP/s, an image is {each / 1e12:.1f} TFLOP\n"
    )
    print("| batch | images/s | share of the matrix rate | peak GB |\n|---:|---:|---:|---:|")
    for batch in batches:
        pictures = images(batch)
        reward.score(prompts=[PROMPT] * batch, images=pictures)
        start = time.perf_counter()
        for _ in range(3):
            reward.score(prompts=[PROMPT] * batch, images=pictures)
        done = 3 * batch / (time.perf_counter() - start)
        peak = torch.cuda.max_memory_allocated() / 1e9
        print(f"| {batch} | {done:.1f} | {done * each / rate:.0%} | {peak:.1f} |", flush=True)


def matrix_rate(
    device: str, dtype: torch.dtype, size: int, now: Callable[[], float] = time.perf_counter
) -> float:
    """Return the floating-point operations a second of a large product, at best."""
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    best = float("inf")
    for _ in range(4):
        start = now()
        for _ in range(10 if device == "cuda" else 1):
            left @ right
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, (now() - start) / (10 if device == "cuda" else 1))
    return 2 * size**3 / best


if __name__ == "__main__":
    main()
