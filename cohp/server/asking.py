"""From what a client asks for to a recipe that this server is willing to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cohp.engine import compose
from cohp.errors import BadInput, UnknownName
from cohp.recipe import Recipe
from cohp.recipes import named
from cohp.run import plan
from cohp.server.settings import Settings


def recipe_of(settings: Settings, asked: Mapping[str, Any]) -> Recipe:
    """Make a recipe of a prompt and options; raises `BadInput` where it asks for too much."""
    values = {**settings.defaults, **asked}
    base = values.get("recipe")
    # A name alone: a path would let a client read the server's files.
    if "recipe" in asked and base not in named():
        raise UnknownName("recipe", str(base), named())
    recipe = compose(**values)
    bounded(settings, recipe)
    return recipe


def bounded(settings: Settings, recipe: Recipe) -> None:
    """Refuse a recipe of more images than a run may have here."""
    images = len(recipe.models) * recipe.per_model
    if recipe.search != "best-of-n":
        images += recipe.rounds * recipe.batch
    if images <= settings.most_images:
        # Little enough to be gone through: a search may ask for more than it looks.
        images = sum(len(ask.shots) for ask in plan(recipe))
    if images > settings.most_images:
        raise BadInput(
            f"That would be {images:,} images, and one run may have {settings.most_images:,} here. "
            "Ask for fewer rounds or smaller ones."
        )
