"""Successive halving over models: sketches tell the weak from the strong, and few go on.

Every candidate draws its images with few of its steps; the better half draws again with twice as
many, until one is left. It draws with all of its steps, and its best image is refined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cohp.recipe import Candidate, Recipe
from cohp.search.base import Searching, draw, preferred, scored, scored_opening, sketched
from cohp.search.cohp import refine
from cohp.select import leader, standings
from cohp.types import Ask, Chosen, Scored

# The share of its steps that a candidate is screened with first, where no `draft` says another.
FIRST = 0.25


def halving(recipe: Recipe) -> Searching:
    """Screen by the recipe's pick and draft, then refine as the chain does."""
    left = recipe.models
    share = recipe.draft if recipe.draft < 1 else FIRST
    standing: dict[str, float] = {}
    tried: list[Scored] = []
    rung = 0
    while len(left) > 1:
        answers = yield _screen(recipe, left, rung, share)
        kept = scored(answers) if tried else scored_opening(answers)
        tried += kept
        now = standings(kept, recipe.pick) if kept else {each.name: 0.0 for each in left[:1]}
        standing |= now
        left = _better(left, now)
        share, rung = min(1.0, share * 2), rung + 1
    answers = yield _screen(recipe, left, rung, 1.0)
    tried += scored(answers) if tried else scored_opening(answers)
    model = left[0].name
    if len(recipe.models) > 1:
        yield Chosen(model, standing, recipe.pick)
    return (yield from refine(recipe, standing or {model: 0.0}, tried, preferred(answers), model))


def _better(left: Sequence[Candidate], now: Mapping[str, float]) -> tuple[Candidate, ...]:
    """Return the better half, in the recipe's order; who has no score is not of it."""
    names: list[str] = []
    while len(names) < (len(left) + 1) // 2 and len(names) < len(now):
        names.append(leader({name: each for name, each in now.items() if name not in names}))
    return tuple(each for each in left if each.name in names)


def _screen(recipe: Recipe, left: Sequence[Candidate], rung: int, share: float) -> Ask:
    """Ask for images of those who are left, each with a share of its steps; no seed comes twice."""
    return Ask(
        0,
        tuple(
            replace(
                draw(recipe, candidate, 0, rung * recipe.per_model + index),
                steps=sketched(candidate, share),
            )
            for candidate in left
            for index in range(recipe.per_model)
        ),
    )
