"""The chain of human preference: choose a model by its images, then refine its best image.

Stage one, model-wise: every candidate draws N images, and the one with the best scores is
chosen. Stage two, sample-wise: S rounds of B images, each round starting from a parent
that is noised and drawn again. The best image of the whole chain is the result. A person may
overrule the reward between two rounds: the chain then starts anew from the image they chose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cohp.recipe import Candidate, Recipe
from cohp.search.base import Searching, draw, opening, preferred, scored, scored_opening
from cohp.select import conclude, leader, standings, stands, top
from cohp.types import Ask, Chosen, Preferred, Scored


def cohp(recipe: Recipe) -> Searching:
    """Search by the recipe's pick, opening, carry and strengths."""
    answers = yield opening(recipe)
    tried = scored_opening(answers)
    standing = standings(tried, recipe.pick)
    model = leader(standing)
    if len(recipe.models) > 1:
        yield Chosen(model, standing, recipe.pick)
    return (yield from refine(recipe, standing, tried, preferred(answers), model))


def refine(
    recipe: Recipe,
    standing: Mapping[str, float],
    opened: Sequence[Scored],
    liked: Preferred | None,
    model: str,
) -> Searching:
    """Do stage two from what stage one opened with: the rounds, and the verdict.

    `liked` is what a person chose already; a choice brings its model with it.
    """
    tried = list(opened)
    parent: Scored | None = top(each for each in tried if each.shot.model == model)
    if recipe.opening == "fresh":
        parent = None
    if liked:
        parent, model = _turned(tried, liked)
    for number in range(1, recipe.rounds + 1):
        refiner = _refiner(recipe, model, standing)
        answers = yield _round(recipe, refiner, parent, number)
        new = scored(answers)
        tried += new
        if chosen := preferred(answers):
            liked = chosen
            parent, model = _turned(tried, liked)
        elif recipe.carry == "best":
            own = {model, refiner.name}
            parent = top(
                each for each in tried if each.shot.model in own and stands(each.shot, liked)
            )
        elif new:
            parent = top(new)
    return conclude(model, tried, liked)


def _turned(tried: Sequence[Scored], liked: Preferred) -> tuple[Scored, str]:
    """Return the parent that a person chose, and its model."""
    parent = next(each for each in tried if each.shot.id == liked.shot)
    return parent, parent.shot.model


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
