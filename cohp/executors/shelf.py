"""The models that are loaded, held as the plan says; without one, all until room is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from cohp import pipelines
from cohp.errors import OutOfMemory
from cohp.executors.read_ahead import ReadAhead
from cohp.pipelines.base import Generator
from cohp.placement.plan import Plan
from cohp.placement.spots import Spot

Result = TypeVar("Result")
Note = Callable[[str], None]


@runtime_checkable
class Movable(Protocol):
    """A generator that can wait in main memory, and make do with less of the device's."""

    def leave(self) -> None:
        """Let the weights wait in main memory until the next batch."""
        ...

    def spare(self) -> str | None:
        """Make do with less memory from now on: say how, or None where nothing is left to do."""
        ...


class Shelf:
    """Loaded models by name; where another needs the room they wait, or go."""

    def __init__(self, load: Callable[[str], Generator] | None, note: Note) -> None:
        """Load models with `load`, which places them as it likes; without, as the plan says."""
        self._load = load
        self._note = note
        self._models: dict[str, Generator] = {}
        # Of all that were loaded: an answer may come after its model has gone.
        self._revisions: dict[str, str] = {}
        self._plan: Plan | None = None
        self._ahead = ReadAhead()

    def arrange(self, plan: Plan) -> None:
        """Hold models as a plan says; one that is held otherwise is let go."""
        for name in list(self._models):
            if self._plan and _held(self._plan, name) != _held(plan, name):
                self._models.pop(name).close()
        self._plan = plan

    def get(self, name: str) -> Generator:
        """Return a model, loaded and with the room it draws in."""
        if self._plan:
            self._clear(name, self._plan)
        if name not in self._models:
            self._models[name] = self.with_room(name, lambda: self._loaded(name))
            self._revisions[f"model {name}"] = self._models[name].revision
        return self._models[name]

    def read_ahead(self, names: Sequence[str]) -> None:
        """Read the first of these that is not loaded from the disk, while others draw."""
        absent = [name for name in names if name not in self._models]
        # Where the caller loads models there may be nothing to read.
        if absent and self._plan and self._load is None:
            self._ahead.begin(absent[0])

    def after(self, name: str) -> list[str]:
        """Return the models that the plan has after one."""
        names = [spot.need.name for spot in self._plan.spots] if self._plan else []
        return names[names.index(name) + 1 :] if name in names else []

    def most(self, name: str, images: int) -> int:
        """Return how many of so many images a model draws at once."""
        return self._plan.batch(name, images) if self._plan else images

    def with_room(self, name: str, work: Callable[[], Result]) -> Result:
        """Do what needs memory for a model; the other models leave where there is too little."""
        try:
            return work()
        except OutOfMemory:
            others = [each for each in self._models if each != name]
            if not others:
                raise
            for other in others:
                self._models.pop(other).close()
            self._note(f"{', '.join(others)} made room for {name}.")
        return work()

    def spare(self, name: str) -> str | None:
        """Have a model make do with less: return how, or None where nothing is left to do."""
        model = self._models.get(name)
        return model.spare() if isinstance(model, Movable) else None

    def revisions(self) -> Mapping[str, str]:
        """Return the revision of each model that has been loaded so far."""
        return self._revisions

    def close(self) -> None:
        """Let go of every model."""
        for model in self._models.values():
            model.close()
        self._models.clear()
        self._revisions.clear()
        self._ahead.close()

    def _clear(self, name: str, plan: Plan) -> None:
        """Have the others on a model's device wait where the plan has them wait."""
        mine = plan.spot(name)
        for other in list(self._models):
            spot = plan.spot(other)
            if other == name or spot is None or mine is None or spot.device != mine.device:
                continue
            model = self._models[other]
            if spot.waits == "host" and isinstance(model, Movable):
                model.leave()
            elif spot.waits != "device":
                self._models.pop(other).close()

    def _loaded(self, name: str) -> Generator:
        if self._load:
            return self._load(name)
        spot = self._plan.spot(name) if self._plan else None
        self._ahead.wait(name)
        return pipelines.load(name, spot.device, spot.stay) if spot else pipelines.load(name)


def _held(plan: Plan, name: str) -> tuple[str, str] | None:
    spot: Spot | None = plan.spot(name)
    return (spot.device, spot.stay) if spot else None
