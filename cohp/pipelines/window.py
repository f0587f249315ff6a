"""A window on a scheduler: a pipeline runs some of the steps of a schedule and sees no others.

It is what makes refining, handing over latents and drawing in parts one path for every
family: the pipelines are called as they are, and the scheduler keeps its full schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import signature
from typing import Any, Self

import torch

from cohp.pipelines.foreign import Result, Scheduler

# What a schedule itself consists of; all else a scheduler learns while it steps.
SCHEDULE = frozenset({"timesteps", "sigmas", "num_inference_steps", "custom_timesteps"})


@dataclass(frozen=True)
class Carry:
    """What a multistep scheduler remembers of the steps done, for the part that follows."""

    values: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 0

    def take(self, rows: Sequence[int]) -> Carry:
        """Keep what belongs to these rows of the batch."""
        values = {name: self._rows(value, rows) for name, value in self.values.items()}
        return Carry(values, len(rows))

    def _rows(self, value: object, rows: Sequence[int]) -> object:
        if isinstance(value, list):
            return [self._rows(each, rows) for each in value]
        if isinstance(value, torch.Tensor) and value.ndim > 0 and len(value) == self.batch:
            return value[list(rows)]
        return value


class Window:
    """Lets pipelines run only the steps `first` to `last` of whatever schedule they set.

    While it is open `set_timesteps` leaves the chosen timesteps in sight of the pipeline, and
    the first step brings the others back, because schedulers look ahead in them. `generators`
    are for schedulers that draw noise in their steps: half of the pipelines hand them none.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        first: int = 0,
        last: int | None = None,
        *,
        carry: Carry | None = None,
        generators: Sequence[torch.Generator] | None = None,
    ) -> None:
        order = int(getattr(scheduler, "order", 1))
        self._scheduler = scheduler
        self._first = first * order
        self._last = None if last is None else last * order
        self._handed = carry or Carry()
        takes = signature(scheduler.step).parameters
        self._generators = list(generators or ()) if "generator" in takes else []
        self._hidden: list[torch.Tensor] = []
        self._before: dict[str, Any] = {}

    def __enter__(self) -> Self:
        # On the instance, where they hide the methods of its class until they are taken away.
        for name, replacement in self._replacements().items():
            setattr(self._scheduler, name, replacement)
        return self

    def __exit__(self, *_: object) -> None:
        self._bring_back()
        for name in self._replacements():
            delattr(self._scheduler, name)

    def carry(self, batch: int) -> Carry:
        """Return what the scheduler remembers of a batch, until its next schedule is set."""
        now = _memory(self._scheduler)
        new = {name: value for name, value in now.items() if self._is_new(name, value)}
        return Carry(new, batch)

    def _replacements(self) -> dict[str, Callable[..., Result]]:
        """Return our methods by the names of those they stand before."""
        kind = type(self._scheduler)
        ours: dict[str, Callable[..., Result]] = {
            "set_timesteps": self._set_timesteps,
            "scale_model_input": self._scale_model_input,
            "set_begin_index": self._set_begin_index,
            "step": self._step,
        }
        # With their signatures, in which pipelines look for arguments.
        return {
            name: wraps(getattr(kind, name).__get__(self._scheduler))(partial(method))
            for name, method in ours.items()
            if hasattr(kind, name)
        }

    def _set_timesteps(self, *arguments: object, **named: object) -> None:
        scheduler = self._scheduler
        type(scheduler).set_timesteps(scheduler, *arguments, **named)
        if self._first and hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(0)
        for name, value in self._handed.values.items():
            setattr(scheduler, name, list(value) if isinstance(value, list) else value)
        self._before = _memory(scheduler)
        self._hidden = [scheduler.timesteps]
        scheduler.timesteps = scheduler.timesteps[self._first : self._last]

    def _set_begin_index(self, begin_index: int = 0) -> None:
        scheduler = self._scheduler
        type(scheduler).set_begin_index(scheduler, self._first + begin_index)

    def _scale_model_input(self, *arguments: object, **named: object) -> Result:
        self._bring_back()
        return type(self._scheduler).scale_model_input(self._scheduler, *arguments, **named)

    def _step(self, *arguments: object, **named: object) -> Result:
        self._bring_back()
        if self._generators and named.get("generator") is None:
            named["generator"] = self._generators
        return type(self._scheduler).step(self._scheduler, *arguments, **named)

    def _bring_back(self) -> None:
        if self._hidden:
            self._scheduler.timesteps = self._hidden.pop()

    def _is_new(self, name: str, value: object) -> bool:
        old = self._before.get(name)
        if isinstance(value, list) and isinstance(old, list) and len(value) == len(old):
            return any(now is not then for now, then in zip(value, old, strict=True))
        return value is not old


def _memory(scheduler: Scheduler) -> dict[str, Any]:
    """Return what a scheduler holds beside its schedule, its lists copied."""
    held = {
        name: value
        for name, value in vars(scheduler).items()
        if not name.startswith("_") and name not in SCHEDULE and not callable(value)
    }
    return {name: list(value) if isinstance(value, list) else value for name, value in held.items()}
