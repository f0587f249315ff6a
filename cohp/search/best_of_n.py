"""Best of N: every candidate draws its images, and the best one of all is the result."""

from __future__ import annotations

from cohp.recipe import Recipe
from cohp.search.base import Searching, opening, scored_opening
from cohp.select import conclude, top


def best_of_n(recipe: Recipe) -> Searching:
    """Draw `per_model` images with each candidate and keep the best; rounds are not used."""
    tried = scored_opening((yield opening(recipe)))
    return conclude(top(tried).shot.model, tried)
