"""Images that exist already: each is opened within bounds and scored, or has a reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from PIL import Image

from cohp.errors import BadImage
from cohp.reward.base import Reward
from cohp.reward.combine import Parts, fit
from cohp.reward.ensemble import Ensemble
from cohp.reward.images import open_image
from cohp.reward.loading import spread
from cohp.reward.refusal import refusal
from cohp.types import Score

BATCH = 8


@dataclass(frozen=True)
class Judged:
    """An image file, the prompt it was judged for, by whom, and the score or the error."""

    image: Path
    prompt: str
    reward: str
    score: Score | None = None
    error: str | None = None


def judge(paths: Iterable[Path], prompt: str, rewards: Mapping[str, Reward]) -> Iterator[Judged]:
    """Score each image for one prompt by each reward, a batch at a time, in the order given.

    An ensemble's scores mean something only beside others, so they come once all are known.
    """
    ensembles = {name: each for name, each in rewards.items() if isinstance(each, Ensemble)}
    waiting: dict[str, list[Judged]] = {name: [] for name in ensembles}
    left = iter(paths)
    while batch := list(islice(left, BATCH)):
        opened = [(path, _opened(path)) for path in batch]
        for name, reward in rewards.items():
            judged = [_judged(path, image, prompt, name) for path, image in opened]
            scored = _scored(judged, [image for _, image in opened], reward)
            if name in ensembles:
                waiting[name] += scored
            else:
                yield from scored
    for name, ensemble in ensembles.items():
        yield from _weighed(waiting[name], ensemble)


def _opened(path: Path) -> Image.Image | str:
    """Open an image, or say why it cannot be scored."""
    try:
        image = open_image(path)
    except BadImage as error:
        return str(error)
    return refusal(image) or image


def _judged(path: Path, image: Image.Image | str, prompt: str, reward: str) -> Judged:
    return Judged(path, prompt, reward, error=image if isinstance(image, str) else None)


def _scored(
    judged: Sequence[Judged], images: Sequence[Image.Image | str], reward: Reward
) -> list[Judged]:
    """Fill in the scores; where a batch is refused, each of its images is asked for alone."""
    sound = [image for image in images if not isinstance(image, str)]
    prompts = [each.prompt for each in judged if each.error is None]
    if not sound:
        return list(judged)
    try:
        scores = iter(reward.score(prompts=prompts, images=sound))
    except BadImage as error:
        if len(judged) == 1:
            return [replace(judged[0], error=str(error))]
        alone = zip(judged, images, strict=True)
        return [each for one, image in alone for each in _scored([one], [image], reward)]
    return [replace(each, score=next(scores)) if each.error is None else each for each in judged]


def _weighed(judged: Sequence[Judged], ensemble: Ensemble) -> Iterator[Judged]:
    """Read an ensemble's scores on a scale fitted to all the images it was given."""
    parts = [each.score.members for each in judged if isinstance(each.score, Parts)]
    spreads = {member.name: spread(member.name) for member in ensemble.members}
    scale = fit(ensemble.members, parts, spreads=spreads) if parts else None
    for each in judged:
        if scale and isinstance(each.score, Parts):
            yield replace(each, score=scale.combine(each.score.members))
        else:
            yield each
