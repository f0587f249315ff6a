"""Recipes of the fake models, small and quick."""

from __future__ import annotations

from cohp.recipe import Recipe, build

FAKES = ["fake-ink", "fake-wash"]


def make_recipe(**changes) -> Recipe:
    values = {
        "prompt": "a red fox at dawn",
        "seed": 7,
        "models": FAKES,
        "width": 64,
        "height": 64,
        "per_model": 2,
        "rounds": 2,
        "batch": 3,
    }
    return build({**values, **changes})
