"""Prompts encoded once and kept, so that the text encoders may leave the device in between."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from cohp.pipelines.families.base import Family
from cohp.pipelines.families.words import Words
from cohp.pipelines.foreign import Arguments, Pipe
from cohp.pipelines.residence import Residence

# As many prompts as are drawn together, with some to spare: a few megabytes each.
KEPT = 64


class Prompts:
    """The embeddings of the prompts of one pipeline."""

    def __init__(self, pipe: Pipe, family: Family, residence: Residence) -> None:
        self._pipe = pipe
        self._family = family
        self._residence = residence
        self._kept: OrderedDict[Words, dict[str, Any]] = OrderedDict()

    def alike(self, words: Sequence[Words]) -> list[list[int]]:
        """Return the places of the words, those together that one batch can be drawn with.

        Embeddings of different lengths cannot, except where masks tell what was filled up.
        """
        groups: dict[object, list[int]] = {}
        for place, (each, told) in enumerate(zip(words, self._told(words), strict=True)):
            # What gets its prompts as text may fill them up as it likes.
            key = self._shape(told) if self._family.known else each
            groups.setdefault(key, []).append(place)
        return list(groups.values())

    def arguments(self, words: Sequence[Words]) -> Arguments:
        """Return the arguments that give each image of a batch its words, which are alike."""
        told = self._told(words)
        return {
            name: _stacked([each[name] for each in told], self._family.axes.get(name, 0))
            for name in told[0]
        }

    def _told(self, words: Sequence[Words]) -> list[Arguments]:
        """Return the embeddings of each of the words; what is new is encoded."""
        wanted = dict.fromkeys(words)
        if new := [each for each in wanted if each not in self._kept]:
            self._kept.update(zip(new, self._encode(new), strict=True))
        for each in wanted:
            self._kept.move_to_end(each)
        while len(self._kept) > max(KEPT, len(wanted)):
            self._kept.popitem(last=False)
        return [self._kept[each] for each in words]

    def _encode(self, words: Sequence[Words]) -> list[Arguments]:
        with self._residence.encoding():
            return [self._family.encode(self._pipe, each) for each in words]

    def _shape(self, told: Arguments) -> tuple[object, ...]:
        """Return what embeddings that share a batch must agree in."""
        free = {1} if self._family.masked else set[int]()
        return tuple(
            (name, *_sides(value, {self._family.axes.get(name, 0)} | free))
            for name, value in told.items()
        )


def _sides(value: Tensor | list[Tensor], free: set[int]) -> list[int]:
    """Return the sides of a tensor that are not free; a pipeline that takes a list takes any."""
    if isinstance(value, list):
        return []
    return [side for axis, side in enumerate(value.shape) if axis not in free]


def _stacked(values: Sequence[Any], axis: int) -> Tensor | list[Tensor]:
    if isinstance(values[0], list):
        return [each for value in values for each in value]
    longest = max(value.shape[1] for value in values)
    return torch.cat([_filled(value, longest) for value in values], dim=axis)


def _filled(value: Tensor, longest: int) -> Tensor:
    """Fill up tokens, of which its mask counts those filled in as nothing."""
    lacking = longest - value.shape[1]
    return pad(value, (0, 0) * (value.ndim - 2) + (0, lacking)) if lacking else value
