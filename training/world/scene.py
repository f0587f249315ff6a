"""One scene: every attribute of a picture, and which combinations are held out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product

from cohp.mini.vocabulary import COLOURS, COUNTS, PLACES, SUBJECTS, TIMES

SIDE = 64
GRID = 8
HELD_OUT_SHARE = 0.06
SIZES: dict[int, tuple[int, ...]] = {32: (8, 16, 24), 40: (8, 16)}
"""Side of a subject's box in pixels, and the left edges it may have."""

TOGETHER: dict[str, dict[int, tuple[int, ...]]] = {
    "one": SIZES,
    "two": {24: (0, 8, 16), 28: (0, 4, 8)},
    "three": {20: (0, 4)},
}
"""The same for each count: several stand side by side, the first at the left edge."""

SIZE_SHARES: dict[int, float] = {32: 0.15, 40: 0.85}
"""How often each size is drawn: mostly big ones at first."""

FOOT = 56
"""The line a subject stands on, in pixels from the top."""


@dataclass(frozen=True)
class Scene:
    """What is in the picture, completely."""

    subject: str
    colour: str
    place: str
    time: str
    size: int = 40
    left: int = 16
    mirrored: bool = False
    count: str = "one"

    @property
    def lefts(self) -> range:
        """The left edges of the subjects' boxes."""
        return range(self.left, self.right, self.size)

    @property
    def right(self) -> int:
        """Where the last box ends."""
        return self.left + COUNTS[self.count] * self.size


def held_out(subject: str, colour: str, place: str, time: str) -> bool:
    """Whether a combination is kept out of all training, decided by its digest."""
    digest = hashlib.sha256(f"{subject}/{colour}/{place}/{time}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT_SHARE


def combinations(*, held: bool) -> list[tuple[str, str, str, str]]:
    """All (subject, colour, place, time) that are held out, or all that are not."""
    every = product(SUBJECTS, COLOURS, PLACES, TIMES)
    return [combination for combination in every if held_out(*combination) is held]
