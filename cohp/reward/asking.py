"""Asking a reward about a batch so that one image it refuses costs no other its score."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from cohp.errors import BadImage, BadInput
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture, Reward


def ask(
    reward: Reward,
    *,
    prompts: Sequence[str],
    images: Sequence[Picture],
    refused: type[BadInput] = BadImage,
) -> list[Score | str]:
    """Return the score of each image, or why it has none; a refused batch is asked in halves."""
    if not images:
        return []
    try:
        return [_sound(each) for each in reward.score(prompts=prompts, images=images)]
    except refused as error:
        if len(images) == 1:
            return [str(error)]
    middle = len(images) // 2
    return [
        each
        for half in (slice(middle), slice(middle, None))
        for each in ask(reward, prompts=prompts[half], images=images[half], refused=refused)
    ]


def _sound(score: Score) -> Score | str:
    return score if isfinite(score.mean) else "the reward gave no number"
