"""Prompts encoded once and kept; the text encoders may leave the device in between."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor

from cohp.pipelines.families.base import Family
from cohp.pipelines.families.words import Words
from cohp.pipelines.foreign import Arguments, Pipe

# As many as a run asks for at once, with some to spare for a batch of prompts.
KEPT = 16


class Prompts:
    """The embeddings of the prompts of one pipeline."""

    def __init__(self, pipe: Pipe, family: Family, *, release: bool = False) -> None:
        """Keep the text encoders on the host between prompts if `release`."""
        self._pipe = pipe
        self._family = family
        self._release = release
        self._away: dict[str, Any] = {}
        self._kept: OrderedDict[Words, dict[str, Any]] = OrderedDict()

    def arguments(self, words: Words, batch: int) -> Arguments:
        """Return the arguments that give a batch of `batch` images these words."""
        if words not in self._kept:
            self._kept[words] = self._encode(words)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(words)
        return {
            name: _repeated(value, batch, self._family.axes.get(name, 0))
            for name, value in self._kept[words].items()
        }

    def _encode(self, words: Words) -> Arguments:
        self._fetch()
        try:
            return self._family.encode(self._pipe, words)
        finally:
            self._send()

    def _fetch(self) -> None:
        for name, encoder in self._away.items():
            self._pipe.register_modules(**{name: encoder.to(self._pipe.device)})
        self._away.clear()

    def _send(self) -> None:
        if not self._release:
            return
        components = self._pipe.components
        names = [name for name in components if name.startswith("text_encoder")]
        self._away = {name: components[name] for name in names if components[name] is not None}
        for name, encoder in self._away.items():
            encoder.to("cpu")
            # Gone from the pipeline too, which would take its device for its own.
            self._pipe.register_modules(**{name: None})
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _repeated(value: Tensor | list[Tensor], batch: int, axis: int) -> Tensor | list[Tensor]:
    if isinstance(value, list):
        return value * batch
    return value.repeat_interleave(batch, dim=axis)
