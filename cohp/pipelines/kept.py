"""Latents kept on the device under the id of their shot, the least used going first."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor

# A round's shots with their parents; each is a few hundred kilobytes.
ROOM = 64


class Kept:
    """A small store of latents."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._latents: OrderedDict[str, Tensor] = OrderedDict()

    def get(self, shot_id: str) -> Tensor | None:
        """Return what is kept under an id, or None."""
        if shot_id in self._latents:
            self._latents.move_to_end(shot_id)
        return self._latents.get(shot_id)

    def put(self, shot_id: str, latents: Tensor) -> None:
        """Keep latents under an id."""
        self._latents[shot_id] = latents
        self._latents.move_to_end(shot_id)
        while len(self._latents) > self._room:
            self._latents.popitem(last=False)
