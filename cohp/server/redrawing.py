"""Images drawn from one that a client sent: the best of several, and no run."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from PIL import Image

from cohp.errors import BadInput, NothingScored
from cohp.recipe import Recipe
from cohp.search.base import draw
from cohp.server.desk import Desk
from cohp.types import Drawn, Scored, Unscored


def redraw(desk: Desk, recipe: Recipe, image: Image.Image, strength: float) -> list[Scored]:
    """Draw `per_model` images from `image` and return those with a score, the best first."""
    candidate = recipe.models[0]
    if not candidate.refines:
        raise BadInput(f"{candidate.name} cannot start from an image. Name another model.")
    start = draw(recipe, candidate, 0, 0)
    picture = image.convert("RGB").resize((start.width, start.height), Image.Resampling.LANCZOS)
    shots = [
        replace(draw(recipe, candidate, 1, index), parent=start.id, strength=strength)
        for index in range(recipe.per_model)
    ]
    with closing(desk.seat()) as seat:
        seat.require([candidate.name], recipe.jury)
        seat.plan([recipe])
        parents = {start.id: Drawn(start, picture)}
        answers = list(seat.answer(shots, jury=recipe.jury, parents=parents, stop=desk.closing))
    scored = [each for each in answers if isinstance(each, Scored)]
    if not scored:
        failed = [each.reason for each in answers if isinstance(each, Unscored)]
        raise NothingScored(f"No image could be scored: {'; '.join(failed) or 'stopped'}.")
    # Sorting keeps equals in their order.
    return sorted(scored, key=lambda each: -each.score.mean)
