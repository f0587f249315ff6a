"""The chain of human preference: choose a model by its images, then refine its best image.

Stage one, model-wise: every candidate draws N images, and the one with the best scores is
chosen. Stage two, sample-wise: S rounds of B images, each round starting from a parent
that is noised and drawn again. The best image of the whole chain is the result.
"""

from __future__ import annotations

from dataclasses import replace

from cohp.recipe import Recipe
from cohp.search.base import Searching, draw, opening, scored, scored_opening
from cohp.select import conclude, leader, standings, top
from cohp.types import Ask, Chosen, Scored


def cohp(recipe: Recipe) -> Searching:
    """Search by the recipe's pick, opening, carry and strengths."""
    tried = scored_opening((yield opening(recipe)))
    model = tried[0].shot.model
    if len(recipe.models) > 1:
        standing = standings(tried, recipe.pick)
        model = leader(standing)
        yield Chosen(model, standing, recipe.pick)

    parent: Scored | None = top(each for each in tried if each.shot.model == model)
    if recipe.opening == "fresh":
        parent = None
    for number in range(1, recipe.rounds + 1):
        answers = scored((yield _round(recipe, model, parent, number)))
        tried += answers
        if recipe.carry == "best":
            parent = top(each for each in tried if each.shot.model == model)
        elif answers:
            parent = top(answers)
    return conclude(model, tried)


def _round(recipe: Recipe, model: str, parent: Scored | None, number: int) -> Ask:
    """Ask for one round: refined from `parent`, or drawn afresh where there is none."""
    candidate = next(each for each in recipe.models if each.name == model)
    fresh = [draw(recipe, candidate, number, index) for index in range(recipe.batch)]
    if parent is None:
        return Ask(number, tuple(fresh))
    strength = recipe.strength(number)
    return Ask(
        number,
        tuple(replace(shot, parent=parent.shot.id, strength=strength) for shot in fresh),
    )
