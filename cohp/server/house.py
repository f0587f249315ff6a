"""What the routes share: one desk, one reward for images that are sent, one set of counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from cohp.executors.base import Executor
from cohp.server.desk import Desk
from cohp.server.judging import Judging, Lane
from cohp.server.metrics import Metrics
from cohp.server.settings import Settings
from cohp.server.shelf import Shelf


@dataclass
class Checkpoint:
    """The model that A1111's clients chose for all that they ask from then on."""

    name: str = "cohp"


@dataclass(frozen=True)
class House:
    """A server's parts."""

    settings: Settings
    desk: Desk
    judging: Judging
    metrics: Metrics
    redrawing: Lane
    checkpoint: Checkpoint = field(default_factory=Checkpoint)

    @classmethod
    def of(cls, settings: Settings, executor: Executor) -> House:
        """Put a server's parts together; nothing works before its desk is opened."""
        metrics, shelf = Metrics(), Shelf(settings.runs)
        together, room = settings.together, settings.room
        desk = Desk(shelf, executor, metrics, together=together, room=room)
        return cls(
            settings, desk, Judging(settings.defaults.get("reward")), metrics, Lane(4, "redrawing")
        )

    def close(self) -> None:
        """Finish the batch in hand, and let everything go."""
        self.desk.shut()
        self.redrawing.close()
        self.desk.close()
        self.judging.close()


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


# A route's argument that is the house.
Here = Annotated[House, Depends(_house)]
