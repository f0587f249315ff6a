"""Best of N: every candidate draws its images, and the best one of all is the result."""

from __future__ import annotations

from cohp.recipe import Recipe
from cohp.search.base import Searching, opening, preferred, scored_opening
from cohp.select import conclude, stands, top


def best_of_n(recipe: Recipe) -> Searching:
    """Draw `per_model` images with each candidate and keep the best; rounds are not used."""
    answers = yield opening(recipe)
    tried, liked = scored_opening(answers), preferred(answers)
    best = top(each for each in tried if stands(each.shot, liked))
    return conclude(best.shot.model, tried, liked)
