"""A judge that knows the truth: the bound of what any reward could gain in the benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image
from torch import Tensor

from cohp.types import Score
from training.referee.net import Referee
from training.referee.verdict import look
from training.referee.wholeness import seen
from training.world.scene import Scene


class Oracle:
    """Scores by what the referee finds: an attribute that is wrong counts as the worst fault."""

    revision = "1"

    def __init__(self, referee: Referee, scenes: Mapping[str, Scene]) -> None:
        """Know the scene behind each prompt."""
        self._referee, self._scenes = referee, scenes

    def score(self, *, prompts: Sequence[str], images: Sequence[Any]) -> list[Score]:
        """Score each image for the scene that its prompt describes."""
        scenes = [self._scenes[prompt] for prompt in prompts]
        found = look(self._referee, seen([_image(image) for image in images]), scenes)
        return [
            Score(-each.fault - 4 + each.subject + each.colour + each.place + each.time)
            for each in found
        ]

    def close(self) -> None:
        """Nothing is held."""


def _image(image: Image.Image | Tensor) -> Image.Image:
    if isinstance(image, Image.Image):
        return image
    return Image.fromarray((image.permute(1, 2, 0) * 255).round().byte().numpy())
