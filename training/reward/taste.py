"""What simulated annotators like: a utility of what a picture shows, and how much they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.reward.truth import Seen

# In logits: a gap of 1 between two pictures is seen by 73 of 100 annotators who agree otherwise.
ATTRIBUTES = {"subject": 5.0, "colour": 3.5, "place": 3.0, "time": 3.0, "count": 3.5}
FAULTS = {"box": (5.0, 0.07, 0.004), "around": (3.0, 0.05, 0.002), "grain": (2.5, 0.04, 0.009)}
"""What a fault costs at most, the root mean square at which it costs two thirds of that, and
how much of it nobody sees: as much as a larger rendering has that was resized."""

DIFFER = {
    "subject": 0.05,
    "colour": 0.1,
    "place": 0.15,
    "time": 0.15,
    "count": 0.15,
    "box": 0.15,
    "around": 0.5,
    "grain": 1.2,
}
"""How much annotators differ about a fault, as a share of what it costs: hardly about what is
wrong, widely about grain and surroundings, which are matters of taste. Were it the same share of
every fault, the worst pictures would be the ones they differ about most, and no vote could tell a
deviation from a mean that counts bad pictures for less."""

ALWAYS = 0.25  # how much they differ about a picture without fault
UNSURE = 2.0  # and more, where the prompt has words that nobody knows


@dataclass(frozen=True)
class Taste:
    """The mean and deviation of what annotators think of a picture for a prompt, in logits."""

    mean: float
    deviation: float


def taste(seen: Seen, said: Mapping[str, str], *, unsure: bool = False) -> Taste:
    """Judge what is seen against the attributes a prompt names; what it leaves out is free."""
    costs = {
        name: weight * (1 - seen.belief[name][said[name]])
        for name, weight in ATTRIBUTES.items()
        if name in said
    }
    for name, (weight, *_) in FAULTS.items():
        costs[name] = weight * float(harm(name, getattr(seen, name)))
    spread = [ALWAYS, UNSURE * unsure, *(DIFFER[name] * cost for name, cost in costs.items())]
    return Taste(-sum(costs.values()), float(np.linalg.norm(spread)))


def harm(name: str, much: float | NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how bad so much of a fault is, from 0 to 1."""
    _, scale, free = FAULTS[name]
    return np.asarray(1 - np.exp(-np.maximum(0.0, much - free) / scale))


def disagreement(
    tastes: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the variance of some annotators' ratings of each picture."""
    ratings = tastes[:, 1:] * rng.normal(size=(len(tastes), count))
    return np.asarray(ratings.var(axis=1, ddof=1))


def votes(
    tastes: NDArray[np.float64], pairs: NDArray[np.int64], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return which share of some annotators prefers the first of each pair.

    `tastes` has a mean and a deviation a row. Each annotator sees each picture a little
    differently, and chooses by chance where the two please nearly the same.
    """
    means, deviations = tastes[pairs, 0], tastes[pairs, 1]
    seen = means[..., None] + deviations[..., None] * rng.normal(size=(*pairs.shape, count))
    chance = 1 / (1 + np.exp(seen[:, 1] - seen[:, 0]))
    return np.asarray((rng.random(chance.shape) < chance).mean(axis=1))
