"""A reward without weights: it reads how clean a picture is, and is honestly unsure about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cohp.errors import BadInput
from cohp.reward.images import as_rgb
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture

JUDGE_NOISE = 0.3
GRAIN_SCALE = 2.2


class FakeReward:
    """Scores about 10 for a clean picture and less for a grainy one, give or take 0.3."""

    revision = "1"

    def __init__(self, **_: object) -> None:
        """Take the keywords every reward is made with; there is nothing to load."""

    def score(self, *, prompts: Sequence[str], images: Sequence[Picture]) -> list[Score]:
        """Score each image; the same image and prompt always get the same score."""
        if len(prompts) != len(images):
            raise BadInput(f"There are {len(prompts)} prompts for {len(images)} images.")
        return [_score(prompt, image) for prompt, image in zip(prompts, images, strict=True)]

    def close(self) -> None:
        """Nothing is held."""


def _score(prompt: str, image: Picture) -> Score:
    picture = as_rgb(image)
    pixels = np.asarray(picture.convert("L"), dtype=np.float32)
    # The median passes over outlines and finds the grain between them.
    across, down = np.diff(pixels, axis=1), np.diff(pixels, axis=0)
    grain = float(np.median(np.abs(across)) + np.median(np.abs(down))) / 2
    digest = hashlib.sha256(prompt.encode() + picture.tobytes()).digest()
    taste = float(np.random.default_rng(list(digest[:8])).normal()) * JUDGE_NOISE
    return Score(10 - GRAIN_SCALE * grain**0.5 + taste, JUDGE_NOISE)
