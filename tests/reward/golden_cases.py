"""The golden sets of the smaller rewards: cases, pictures, and each reward loaded once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from PIL.Image import Image

from cohp.reward.aesthetic import Aesthetic
from cohp.reward.clipscore import ClipScore
from cohp.reward.hpsv2 import HPSv2
from cohp.reward.imagereward import ImageReward
from cohp.reward.images import open_image
from cohp.reward.mps import MPS
from cohp.reward.pickscore import PickScore

GOLDEN = Path(__file__).parents[1] / "golden"
REWARDS: dict[str, tuple[Any, str]] = {
    "hpsv2": (HPSv2, "score"),
    "pickscore": (PickScore, "score"),
    "clip": (ClipScore, "cosine"),
    "aesthetic": (Aesthetic, "score"),
    "imagereward": (ImageReward, "score"),
    "mps": (MPS, "score"),
}


@cache
def manifest(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / name / "manifest.json").read_text("utf-8"))


def tolerance(name: str) -> float:
    return manifest(name)["tolerance_abs"]


def cases(name: str, key: str | None = None) -> list[dict[str, Any]]:
    """Return the cases that have a number; the reference itself fails on a few."""
    key = key or REWARDS[name][1]
    return [case for case in manifest(name)["cases"] if case["expected"][key] is not None]


def picture(case: dict[str, Any]) -> Image:
    return open_image(GOLDEN / case["image"])


@cache
def loaded(name: str) -> Any:
    return fresh(name)


def fresh(name: str, **options: Any) -> Any:
    """Load a reward that a test may spoil."""
    return REWARDS[name][0](folder=GOLDEN / name, **options)


def scored(reward: Any, some: list[dict[str, Any]]) -> list[float]:
    prompts = [case.get("prompt", "") for case in some]
    scores = reward.score(prompts=prompts, images=[picture(case) for case in some])
    return [score.mean for score in scores]


def misses(name: str, reward: Any, key: str | None = None) -> list[str]:
    """Return the cases where `reward` is outside the tolerance of the reference's `key`."""
    key = key or REWARDS[name][1]
    some = cases(name, key)
    pairs = zip(some, scored(reward, some), strict=True)
    return [
        case["id"]
        for case, mean in pairs
        if not abs(mean - case["expected"][key]) <= tolerance(name)
    ]
