"""Draws an image again from the recipe inside it: its ancestors first, then itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from cohp import pipelines
from cohp.errors import CohpError
from cohp.executors.machine import room
from cohp.executors.planning import drawing_plan
from cohp.executors.shelf import Shelf
from cohp.record.files import write_whole
from cohp.record.metadata import encode, lineage_in, read
from cohp.types import Drawn, Unscored


def replay(
    image: Path, target: Path, *, memory: str | None = None, devices: Sequence[str] | None = None
) -> int | None:
    """Draw `image` again as `target`; return the largest difference between them, of 255.

    None means that they differ in size. `memory` and `devices` are those of a recipe.

    A shot's picture does not depend on the batch it was drawn in, so its lineage is all
    that has to be drawn.
    """
    lineage = lineage_in(image)
    for model in {shot.model for shot in lineage}:
        pipelines.require(model)
    drawn: dict[str, Drawn] = {}
    with closing(Shelf(None, lambda _: None)) as shelf:
        shelf.arrange(drawing_plan(lineage, room(devices, memory, sure=True)))
        for shot in lineage:
            (answer,) = shelf.get(shot.model).draw([shot], drawn)
            if isinstance(answer, Unscored):
                raise CohpError(f"{image} could not be drawn again: {answer.reason}.")
            drawn[shot.id] = answer
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
