"""What a finished run hands back: the best image, how it scored, and how it came about."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

from cohp.errors import CohpError
from cohp.record.folder import RunFolder
from cohp.types import Score, Scored, Verdict


@dataclass(frozen=True)
class Result:
    """A run's verdict with everything at hand; the run folder keeps all of it."""

    folder: RunFolder
    verdict: Verdict

    @cached_property
    def image(self) -> Image.Image:
        """The best image."""
        with Image.open(self.folder.best, formats=["PNG"]) as image:
            return image.convert("RGB")

    @property
    def path(self) -> Path:
        """Where the best image is."""
        return self.folder.best

    @property
    def run(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def score(self) -> Score:
        """How the best image scored."""
        return self.verdict.best.score

    @property
    def model(self) -> str:
        """The model that drew the best image; the search may have gone on with another."""
        return self.verdict.best.shot.model

    @property
    def lineage(self) -> tuple[Scored, ...]:
        """The shots that led to the best image, the first ancestor first."""
        return self.verdict.lineage

    @property
    def seed(self) -> int:
        """The run's seed: the same seed and recipe give the same images again."""
        return self.folder.recipe.seed

    @property
    def shots(self) -> int:
        """How many shots the run took."""
        return len(self.folder.entries)

    def save(self, path: str | Path) -> Path:
        """Copy the best image, with its metadata, to `path`."""
        return Path(shutil.copyfile(self.folder.best, path))


@dataclass(frozen=True)
class Outcome:
    """What became of one prompt of a batch: a result, or the reason why there is none."""

    number: int
    folder: Path
    result: Result | None = None
    error: CohpError | None = None
