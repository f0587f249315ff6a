"""Prompts of the embedded models' world, in an order that mixes it."""

from __future__ import annotations

from itertools import product

from cohp.mini.vocabulary import COLOURS, PLACES, SUBJECTS, TIMES

# Prime to the number of scenes, so that each comes once and neighbours differ.
STRIDE = 1009


def prompts(count: int) -> list[str]:
    """Return the first `count` prompts."""
    scenes = list(product(SUBJECTS, COLOURS.values(), PLACES.values(), TIMES.values()))
    chosen = (scenes[number * STRIDE % len(scenes)] for number in range(count))
    return [
        f"a {colour[0]} {subject} {place[0]} {time[0]}" for subject, colour, place, time in chosen
    ]
