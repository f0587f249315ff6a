"""The chain of human preference: choose a model by its images, then refine its best image.

Stage one, model-wise: every candidate draws N images, and the one with the best scores is
chosen. Stage two, sample-wise: S rounds of B images, each round starting from a parent
that is noised and drawn again. The best image of the whole chain is the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cohp.recipe import Candidate, Recipe
from cohp.search.base import Searching, draw, opening, scored, scored_opening
from cohp.select import conclude, leader, standings, top
from cohp.types import Ask, Chosen, Scored


def cohp(recipe: Recipe) -> Searching:
    """Search by the recipe's pick, opening, carry and strengths."""
    tried = scored_opening((yield opening(recipe)))
    standing = standings(tried, recipe.pick)
    model = leader(standing)
    if len(recipe.models) > 1:
        yield Chosen(model, standing, recipe.pick)
    return (yield from refine(recipe, model, standing, tried))


def refine(
    recipe: Recipe, model: str, standing: Mapping[str, float], opened: Sequence[Scored]
) -> Searching:
    """Do stage two from what stage one opened with: the rounds, and the verdict."""
    tried = list(opened)
    refiner = _refiner(recipe, model, standing)
    parent: Scored | None = top(each for each in tried if each.shot.model == model)
    if recipe.opening == "fresh":
        parent = None
    for number in range(1, recipe.rounds + 1):
        answers = scored((yield _round(recipe, refiner, parent, number)))
        tried += answers
        if recipe.carry == "best":
            parent = top(each for each in tried if each.shot.model in {model, refiner.name})
        elif answers:
            parent = top(answers)
    return conclude(model, tried)


def _refiner(recipe: Recipe, model: str, standing: Mapping[str, float]) -> Candidate:
    """Return who draws the rounds: the chosen model, or the best of those that can refine.

    Hosted models draw but cannot start from an image; where no candidate can, the chosen one
    draws every round afresh.
    """
    able = {
        each.name: standing[each.name]
        for each in recipe.models
        if each.name in standing and each.refines
    }
    name = model if model in able or not able else leader(able)
    return next(each for each in recipe.models if each.name == name)


def _round(recipe: Recipe, refiner: Candidate, parent: Scored | None, number: int) -> Ask:
    """Ask for one round: refined from `parent`, or drawn afresh where there is none."""
    fresh = tuple(draw(recipe, refiner, number, index) for index in range(recipe.batch))
    if parent is None or not refiner.refines:
        return Ask(number, fresh)
    start, strength = parent.shot.id, recipe.strength(number)
    return Ask(number, tuple(replace(each, parent=start, strength=strength) for each in fresh))
