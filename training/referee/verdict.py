"""The verdict on a picture: whether it shows what was asked for, and whether that is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from training.referee.net import CLASSES, Referee
from training.referee.wholeness import LIMIT, fault
from training.world.scene import Scene


@dataclass(frozen=True)
class Finding:
    """What of a scene's caption the referee found in a picture, and how broken the subject is."""

    subject: bool
    colour: bool
    place: bool
    time: bool
    fault: float

    @property
    def named(self) -> bool:
        """Whether all four attributes are those that were asked for."""
        return self.subject and self.colour and self.place and self.time

    @property
    def whole(self) -> bool:
        """Whether the subject is all there, once, and in its true shape."""
        return self.fault <= LIMIT

    @property
    def right(self) -> bool:
        """Whether the picture is what was asked for, without a fault that a person would see."""
        return self.named and self.whole


def look(referee: Referee, pictures: Tensor, scenes: Sequence[Scene]) -> list[Finding]:
    """Judge each picture, of 64 pixels in 0..1, as one of its scene."""
    told = referee.judge(pictures * 2 - 1)
    return [
        Finding(
            **{name: said[name] == getattr(scene, name) for name in CLASSES},
            fault=fault(picture, scene),
        )
        for said, picture, scene in zip(told, pictures, scenes, strict=True)
    ]
