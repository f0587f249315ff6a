"""Draws an image again from the recipe inside it: its ancestors first, then itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cohp import pipelines
from cohp.errors import CohpError
from cohp.pipelines.base import Generator
from cohp.record.files import write_whole
from cohp.record.metadata import encode, lineage_in, read
from cohp.types import Drawn, Unscored


def replay(image: Path, target: Path) -> int | None:
    """Draw `image` again as `target`; return the largest difference between them, of 255.

    None means that they differ in size.

    A shot's picture does not depend on the batch it was drawn in, so its lineage is all
    that has to be drawn.
    """
    lineage = lineage_in(image)
    drawn: dict[str, Drawn] = {}
    models: dict[str, Generator] = {}
    try:
        for shot in lineage:
            if shot.model not in models:
                models[shot.model] = pipelines.load(shot.model)
            (answer,) = models[shot.model].draw([shot], drawn)
            if isinstance(answer, Unscored):
                raise CohpError(f"{image} could not be drawn again: {answer.reason}.")
            drawn[shot.id] = answer
    finally:
        for model in models.values():
            model.close()
    again = drawn[lineage[-1].id].image.convert("RGB")
    write_whole(target, encode(again, read(image)))
    return _difference(image, again)


def _difference(path: Path, again: Image.Image) -> int | None:
    with Image.open(path, formats=["PNG"]) as image:
        before = image.convert("RGB")
    if before.size != again.size:
        return None
    levels = np.asarray(before, dtype=np.int16) - np.asarray(again, dtype=np.int16)
    return int(np.abs(levels).max())
