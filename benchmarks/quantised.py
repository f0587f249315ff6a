"""Measures how far fewer bits move HPSv3's scores on the golden cases.

Run: python benchmarks/quantised.py
"""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from statistics import fmean, pstdev

import torch
from PIL import Image

from cohp.reward.hpsv3 import HPSv3
from cohp.reward.packed import BITS, PackedLinear, depth_of
from cohp.reward.qwen_model import PACKED

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
WAYS = {
    "bfloat16": {"dtype": "bfloat16"},
    "8bit": {"quantize": "8bit"},
    "4bit": {"quantize": "4bit"},
}


def main() -> None:
    """Print a Markdown table."""
    manifest = json.loads((GOLDEN / "hpsv3" / "manifest.json").read_text("utf-8"))
    cases = [case for case in manifest["cases"] if "kind" not in case]
    told = [case["expected"]["mu"] for case in cases]
    print(f"{len(cases)} golden cases; the reference's scores deviate by {pstdev(told):.2f}\n")
    print("| weights | of the published size | mean error | root mean square | largest |")
    print("|---|---:|---:|---:|---:|")
    for name, options in WAYS.items():
        scores = HPSv3(GOLDEN / "hpsv3", **options).score(
            prompts=[case["prompt"] for case in cases],
            images=[Image.open(GOLDEN / case["image"]) for case in cases],
        )
        apart = [abs(score.mean - mu) for score, mu in zip(scores, told, strict=True)]
        square = sqrt(fmean(each**2 for each in apart))
        size = weigh(BITS.get(options.get("quantize", ""))) / 1e9
        errors = f"{fmean(apart):.2f} | {square:.2f} | {max(apart):.2f}"
        print(f"| {name} | {size:.1f} GB | {errors} |", flush=True)


def weigh(depth: int | None) -> int:
    """Return the bytes that the published model's tensors take, in bfloat16 where not packed."""
    listed = json.loads((GOLDEN / "real_shapes" / "hpsv3_7b.json").read_text("utf-8"))
    total = 0
    for stored, shape in listed.items():
        name = HPSv3.rename(stored)
        if name is None:
            continue
        kind = torch.float32 if name.startswith("rm_head") else torch.bfloat16
        tensor = torch.empty(shape, dtype=kind, device="meta")
        if depth and len(shape) == 2 and name.startswith(PACKED):  # noqa: PLR2004 - a matrix
            kept = PackedLinear(tensor, None, depth_of(name, depth))
            total += sum(each.nbytes for each in kept.buffers())
        else:
            total += tensor.nbytes
    return total


if __name__ == "__main__":
    main()
