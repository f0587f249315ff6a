"""What people chose: a prompt, images of it, and how they were ranked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

# Two images of a choice by their places; the first is preferred, unless they are tied.
Pair = tuple[int, int]


@dataclass(frozen=True)
class Choice:
    """Two or more images of one prompt and the rank of each, 0 or 1 for the best; equals are tied.

    `place` is where it stands in its file, `confidence` how sure the people were, where it is
    known, and `images` are files, or pictures that came inside the file.
    """

    place: str
    prompt: str
    names: tuple[str, ...]
    ranks: tuple[float, ...]
    images: tuple[Path | Image, ...] = field(compare=False, repr=False)
    confidence: float | None = None

    def pairs(self) -> Iterator[tuple[Pair, bool]]:
        """Yield every two images, the preferred one first, and whether people had them tied."""
        for one, other in combinations(range(len(self.ranks)), 2):
            better = (one, other) if self.ranks[one] <= self.ranks[other] else (other, one)
            yield better, self.ranks[one] == self.ranks[other]
