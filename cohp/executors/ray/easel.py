"""The models one worker draws with, held as a plan for this worker alone says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cohp import pipelines
from cohp.executors.drawing import drawn_or_reason
from cohp.executors.halving import Halving
from cohp.executors.machine import room
from cohp.executors.planning import need
from cohp.executors.shelf import Shelf
from cohp.placement.need import Need
from cohp.placement.plan import make
from cohp.placement.room import Room
from cohp.types import Drawn, Shot, Unscored


class Easel:
    """Draws with any model that is asked for; models come and go as the room allows."""

    def __init__(self, budget: int, *, processor: bool) -> None:
        """Take up to `budget` bytes of the processor's memory, or of the first GPU's."""
        self._budget = budget
        self._processor = processor
        self._notes: list[str] = []
        self._shelf = Shelf(None, self._notes.append)
        self._halving = Halving(self._notes.append, self._shelf.spare)
        self._room: Room | None = None
        self._needs: dict[str, Need] = {}
        self._most = 0
        self._required: set[str] = set()

    def require(self, name: str) -> None:
        """Raise where what a model needs is not on this node."""
        if name not in self._required:
            pipelines.require(name)
            self._required.add(name)

    def draw(
        self, shots: Sequence[Shot], parents: Mapping[str, Drawn]
    ) -> tuple[list[Drawn | Unscored], list[str], str]:
        """Draw shots of one model; return them, the notes, and the revision of the model."""
        name = shots[0].model
        self.require(name)
        self._arrange(shots)
        generator = self._shelf.get(name)

        def draw(batch: Sequence[Shot]) -> list[Drawn | Unscored]:
            return self._shelf.with_room(name, lambda: drawn_or_reason(generator, batch, parents))

        most = self._shelf.most(name, len(shots))
        batches = list(self._halving.batches(name, shots, draw, most))
        notes = self._notes.copy()
        self._notes.clear()
        return [each for batch in batches for each in batch], notes, generator.revision

    def _arrange(self, shots: Sequence[Shot]) -> None:
        """Plan again where a model is new, or draws more at once than ever before."""
        shot = shots[0]
        if self._room is None:
            # Measured once: what this worker holds by then would not count as free.
            found = room(["cpu"]) if self._processor else room(sure=True)
            device = found.devices[0]
            mine = replace(device, free=min(device.free, self._budget))
            self._room = replace(found, devices=(mine,))
        asked = need(
            shot.model, shot.guidance, (shot.width, shot.height), processor=self._processor
        )
        known = self._needs.get(shot.model, asked)
        needs = {
            **self._needs,
            shot.model: max(known, asked, key=lambda each: each.drawing),
        }
        most = max(self._most, len(shots))
        if (needs, most) != (self._needs, self._most):
            self._shelf.arrange(make(list(needs.values()), [], self._room, most))
            self._needs, self._most = needs, most
