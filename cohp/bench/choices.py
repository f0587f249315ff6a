"""What people chose: a prompt, images of it, and how they were ranked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

# Two images of a choice by their places; the first is preferred, unless they are tied.
Pair = tuple[int, int]


@dataclass(frozen=True)
class Ranked:
    """What a file says of one choice, before anything of it is checked."""

    prompt: object
    files: object
    ranks: Iterable[Any]
    confidence: object = None


@dataclass(frozen=True)
class Choice:
    """Two or more images of one prompt and the rank of each, 0 or 1 for the best; equals are tied.

    `place` is where it stands in its file, `confidence` how sure the people were, where it is
    known, and `images` are files, or the bytes of files that came inside this one.
    """

    place: str
    prompt: str
    names: tuple[str, ...]
    ranks: tuple[float, ...]
    images: tuple[Path | bytes, ...] = field(compare=False, repr=False)
    confidence: float | None = None

    def pairs(self) -> Iterator[tuple[Pair, bool]]:
        """Yield every two images, the preferred one first, and whether people had them tied."""
        for one, other in combinations(range(len(self.ranks)), 2):
            better = (one, other) if self.ranks[one] <= self.ranks[other] else (other, one)
            yield better, self.ranks[one] == self.ranks[other]
