"""Asking a reward about a batch so that one image it refuses costs no other its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, TypeVar

from cohp.errors import BadImage, BadInput
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture, Reward

Answer = TypeVar("Answer")


def ask(
    reward: Reward,
    *,
    prompts: Sequence[str],
    images: Sequence[Picture],
    refused: type[BadInput] = BadImage,
) -> list[Score | str]:
    """Return the score of each image, or why it has none."""
    said = in_halves(reward.score, prompts=prompts, images=images, refused=refused)
    return [each if isinstance(each, str) else _sound(each) for each in said]


def in_halves(
    call: Callable[..., Iterable[Answer]],
    *,
    prompts: Sequence[str],
    images: Sequence[Picture],
    refused: type[BadInput] = BadImage,
) -> list[Answer | str]:
    """Return what a reward says of each image by `call`; a refused batch is asked in halves."""
    if not images:
        return []
    try:
        return list(call(prompts=prompts, images=images))
    except refused as error:
        if len(images) == 1:
            return [str(error)]
    middle = len(images) // 2
    return [
        each
        for half in (slice(middle), slice(middle, None))
        for each in in_halves(call, prompts=prompts[half], images=images[half], refused=refused)
    ]


def _sound(score: Score) -> Score | str:
    return score if isfinite(score.mean) else "the reward gave no number"
