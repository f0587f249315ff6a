"""What a library call is given, as items: paths, folders, patterns, Pillow images, tensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL.Image import Image

from cohp.errors import BadInput
from cohp.measure.finding import find
from cohp.measure.items import Item

if TYPE_CHECKING:
    from cohp.reward.base import Picture

    Given = str | Path | Picture
    Images = Given | Iterable[Given]

# One for all, one for each, or None where each image carries its own.
Prompts = str | Sequence[str] | None


def items(images: Images, prompt: Prompts = None) -> Iterator[Item]:
    """Go through the images with their prompts; as many prompts as images, or one."""
    found = _found(images)
    if prompt is None:
        yield from found
    elif isinstance(prompt, str):
        yield from (replace(item, prompt=prompt) for item in found)
    else:
        listed = list(found)
        if len(listed) != len(prompt):
            raise BadInput(
                f"There are {len(prompt)} prompts for {len(listed)} images: give one for all, or "
                "each its own."
            )
        for item, own in zip(listed, prompt, strict=True):
            yield replace(item, prompt=own)


def _found(images: Images) -> Iterator[Item]:
    one = isinstance(images, str | Path | Image) or hasattr(images, "ndim")
    listed: Iterable[Given] = cast("Iterable[Given]", [images] if one else images)
    for number, image in enumerate(listed, start=1):
        if isinstance(image, str | Path):
            yield from find([image])
        elif isinstance(image, Image) or hasattr(image, "is_floating_point"):
            yield Item(image, f"image {number}")
        else:
            raise BadInput(
                "An image is a path, a Pillow image or a tensor (3, height, width) in [0, 1]; "
                f"image {number} is a {type(image).__name__}."
            )
