"""Workers that draw: a Ray Serve deployment that sends shots to where their model is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from ray import serve

from cohp.errors import CohpError
from cohp.executors.ray.easel import Easel
from cohp.executors.ray.wire import Sent, Trouble
from cohp.types import Shot

Done = TypeVar("Done")


@dataclass(frozen=True, eq=False)
class Sketch:
    """Shots of one model to draw at once, with the drawn parents of those that have one."""

    shots: Sequence[Shot]
    parents: Mapping[str, Sent]


@dataclass(frozen=True, eq=False)
class Sketched:
    """What became of the shots, in their order; what is worth a note; whose weights drew them."""

    answers: Sequence[Sent]
    notes: Sequence[str]
    revision: str


def generators(models: int) -> type[Any]:
    """Return the worker that keeps up to `models` near."""

    class Generators:
        """Draws one batch at a time, in a thread, so that it can still be asked how it is."""

        def __init__(self, budget: int, *, processor: bool) -> None:
            self._easel = Easel(budget, processor=processor)
            self._thread = ThreadPoolExecutor(1, "drawing")

        async def require(self, models: Sequence[str]) -> Trouble | None:
            """Say what a model lacks on this node."""
            try:
                for model in models:
                    await self._do(partial(self._easel.require, model))
            except CohpError as error:
                return Trouble.of(error)
            return None

        async def draw(self, asked: Sketch) -> Sketched | Trouble:
            """Draw shots, or say why none can be drawn."""
            await self.near(serve.get_multiplexed_model_id())
            return await self._do(partial(draw, self._easel, asked))

        @serve.multiplexed(max_num_models_per_replica=models)
        async def near(self, name: str) -> str:
            """Have Serve know what is near; the plan of the worker decides what is."""
            return name

        async def _do(self, work: Callable[[], Done]) -> Done:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    return Generators


def draw(easel: Easel, asked: Sketch) -> Sketched | Trouble:
    """Draw shots, or say why none can be drawn."""
    unpacked = ((name, each.drawn()) for name, each in asked.parents.items())
    parents = {name: drawn for name, drawn in unpacked if drawn}
    try:
        answers, notes, revision = easel.draw(asked.shots, parents)
    except CohpError as error:
        return Trouble.of(error)
    return Sketched([Sent.of(each) for each in answers], notes, revision)
