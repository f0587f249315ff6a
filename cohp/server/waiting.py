"""Runs for clients that wait for their images: begun, awaited, and what they came to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from cohp.recipe import Recipe
from cohp.result import Result
from cohp.seeds import LARGEST_SEED
from cohp.server.asking import recipe_of
from cohp.server.desk import Ticket
from cohp.server.house import House


async def begin(house: House, asked: Mapping[str, Any], count: int) -> list[Ticket]:
    """Begin a run for each image, each with the seed after the one before; all or none."""

    def begun() -> list[Ticket]:
        return house.desk.submit(_recipes(house, asked, count))

    return await asyncio.to_thread(begun)


async def results(tickets: Sequence[Ticket]) -> list[Result]:
    """Wait for runs; raises what the first that failed ended with.

    Who goes away meanwhile leaves the runs behind: they are finished and kept.
    """
    return [await asyncio.wrap_future(each.done) for each in tickets]


def _recipes(house: House, asked: Mapping[str, Any], count: int) -> list[Recipe]:
    first = recipe_of(house.settings, asked)
    seeds = [(first.seed + number) % (LARGEST_SEED + 1) for number in range(count)]
    return [first.model_copy(update={"seed": seed}) for seed in seeds]
