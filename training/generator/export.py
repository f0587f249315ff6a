"""Writes a checkpoint as an ordinary diffusers folder: `python -m training.generator.export`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from training.generator import checkpoint
from training.generator.parts import pipeline, scheduler


def export(source: Path, folder: Path, *, order: int, shift: float, averaged: bool) -> int:
    """Write the weights in half precision; give the folder's size in bytes."""
    generator = checkpoint.build(checkpoint.load(source), averaged=averaged)
    pipe = pipeline(generator)
    pipe.scheduler = scheduler(order, shift)
    pipe.transformer.half()
    pipe.text_encoder.half()
    pipe.text_encoder_2.half()
    pipe.text_encoder_3.half()
    pipe.save_pretrained(folder, safe_serialization=True)
    for config in folder.glob("text_encoder*/config.json"):
        _compute_in_single(config)
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _compute_in_single(config: Path) -> None:
    """Have transformers compute in single precision, as diffusers does whatever is stored."""
    content = json.loads(config.read_text()) | {"dtype": "float32"}
    config.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def main() -> None:
    """Export and say how large it became."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--order", type=int, default=2)
    parser.add_argument("--shift", type=float, default=1.0)
    parser.add_argument("--raw", action="store_true", help="the weights, not their average")
    told = parser.parse_args()
    torch.set_num_threads(1)
    size = export(
        told.source, told.folder, order=told.order, shift=told.shift, averaged=not told.raw
    )
    print(f"{told.folder}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
