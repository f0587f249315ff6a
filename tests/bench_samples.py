"""What the tests of benchmarks share: small files of prompts and pairs, with pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from cohp.bench.outcomes import Outcome
from cohp.types import Score

STYLES = ("anime", "concept-art", "paintings", "photo")


def write_json(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")
    return path


def write_jsonl(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def hpsv2_folder(folder: Path, count: int = 3) -> Path:
    for style in STYLES:
        write_json(folder / f"benchmark/{style}.json", [f"{style} {n}" for n in range(count)])
    write_json(folder / "benchmark/drawbench.json", ["not part of it"])
    return folder


def noisy(path: Path, grain: float, seed: int = 0) -> Path:
    """Write a picture that the fake reward likes the less, the more grain it has."""
    noise = np.random.default_rng(seed).normal(size=(32, 32, 1)) * grain
    slope = np.linspace(60, 190, 32)[:, None, None]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(slope + noise, 0, 255).astype(np.uint8).repeat(3, 2)).save(path)
    return path


def outcome(above: float, below: float, **changes) -> Outcome:
    std = changes.pop("std", None)
    values = {"choice": "1", "images": 2, "prompt": "p", "names": ("a", "b"), "tied": False}
    return Outcome(**{**values, "scores": (Score(above, std), Score(below, std)), **changes})
