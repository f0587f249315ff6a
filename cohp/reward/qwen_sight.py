"""How finely a Qwen reward looks at an image, as the folder of its weights says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.errors import BadInput
from cohp.reward.settings import described

Grid = tuple[int, int]
MERGE = 2  # so many patches, across and down, become one token
PIXELS = 448 * 448


@dataclass(frozen=True)
class Sight:
    """The side of a patch, and the area in pixels that an image is fitted to."""

    patch: int
    area: int = PIXELS

    @property
    def factor(self) -> int:
        """What both sides of an image divide by: one token's pixels."""
        return self.patch * MERGE

    def grid(self, height: int, width: int) -> Grid:
        """Return how many patches there are, down and across."""
        return height // self.patch, width // self.patch


def read_sight(folder: Path, config: Mapping[str, Any], usual: int) -> Sight:
    """Read the patch from config.json and the area from reward_config.json, where it has one.

    preprocessor_config.json is the base model's: the references overrule it, so it is not read.
    """
    vision = config.get("vision_config", {})
    patch = vision.get("patch_size", usual)
    area = described(folder, "reward_config.json", {}).get("pixels", PIXELS)
    if vision.get("spatial_merge_size", MERGE) != MERGE:
        raise BadInput(
            f"{folder} merges other than {MERGE}x{MERGE} patches, which no reward here does."
        )
    whole = isinstance(patch, int) and isinstance(area, int)
    if not (whole and patch > 0 and (MERGE * patch) ** 2 <= area):
        raise BadInput(
            f"{folder} tells of patches of {patch!r} pixels in an image of {area!r}: one token, "
            f"{MERGE}x{MERGE} patches, must fit. Mend config.json or reward_config.json."
        )
    return Sight(patch, area)
