"""What is asked about one image, and what was answered: frozen values, free of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture


@dataclass(frozen=True)
class Item:
    """One image to judge: where its file is, the bytes of a file, or a picture.

    The prompt is a text, or the file that holds it; None means that it is in a .txt beside the
    image or inside the image. `values` is its row of the file of prompts, where there is one.
    `error` says why the item cannot be judged at all.
    """

    image: Path | bytes | Picture = field(compare=False)
    name: str
    prompt: str | Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)
    error: str | None = None


@dataclass(frozen=True)
class Listing:
    """Items that are made anew each time they are gone through, so that none need be kept."""

    items: Callable[[], Iterator[Item]]

    def __iter__(self) -> Iterator[Item]:
        """Go through the items."""
        return self.items()

    def count(self) -> int:
        """Go through the items and return how many there are."""
        return sum(1 for _ in self)


@dataclass(frozen=True)
class Judged:
    """An image, the prompt it was judged for, and what each reward said: a score, or why not."""

    item: Item
    prompt: str
    said: Mapping[str, Score | str]
    revisions: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def image(self) -> Path | bytes | Picture:
        """The image as it was given."""
        return self.item.image

    @property
    def score(self) -> Score | None:
        """The score by the first reward, or None where it has none."""
        first = next(iter(self.said.values()))
        return first if isinstance(first, Score) else None

    @property
    def error(self) -> str | None:
        """Why the first reward gave no score, or None where it did."""
        first = next(iter(self.said.values()))
        return first if isinstance(first, str) else None

    def rows(self) -> list[dict[str, Any]]:
        """Return a flat row for each reward, as files and data frames take them."""
        return [self._row(reward, said) for reward, said in self.said.items()]

    def _row(self, reward: str, said: Score | str) -> dict[str, Any]:
        row: dict[str, Any] = {"image": self.item.name, "prompt": self.prompt, "reward": reward}
        if isinstance(said, str):
            return {**row, "error": said}
        return {**row, "revision": self.revisions[reward], "mean": said.mean, "std": said.std}
