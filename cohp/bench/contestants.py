"""Who takes part in a benchmark: models, whole recipes, and images that exist already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.bench.prompts import ALL, Prompt
from cohp.engine import compose
from cohp.errors import BadInput
from cohp.measure.panel import default_reward
from cohp.recipe import Recipe, complete
from cohp.recipes import own
from cohp.search.base import opening
from cohp.seeds import seed_for
from cohp.types import Shot

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
# Stands in a contestant's recipe until a prompt of the benchmark takes its place.
ANY = "any prompt"


@dataclass(frozen=True)
class Contestant:
    """One row of the table: a recipe that draws each prompt's image, or a folder that has them."""

    name: str
    recipe: Recipe | None = None
    folder: Path | None = None

    @property
    def drawn_at_once(self) -> bool:
        """Whether it draws one image a prompt, so that many prompts can go as one batch."""
        recipe = self.recipe
        return (
            recipe is not None
            and recipe.search == "best-of-n"
            and len(recipe.models) == recipe.per_model == 1
        )

    def recipe_for(self, prompt: Prompt) -> Recipe:
        """Return its recipe for a prompt; the seed is the same for every contestant."""
        if self.recipe is None:
            raise BadInput(f"{self.name} is a folder of images: it draws nothing.")
        seed = seed_for(self.recipe.seed, prompt.id)
        return self.recipe.model_copy(update={"prompt": prompt.text, "seed": seed})

    def shot_for(self, prompt: Prompt) -> Shot:
        """Return the one image it draws for a prompt, which opens any recipe with its model too."""
        return opening(self.recipe_for(prompt)).shots[0]

    def image_of(self, prompt: Prompt) -> Path | None:
        """Return the file of a prompt in its folder: CATEGORY/00012.jpg, as HPSv2 has it.

        Where prompts have no category there need be no folder for it.
        """
        if self.folder is None:
            return None
        flat = prompt.category == ALL and not (self.folder / ALL).is_dir()
        stem = (self.folder if flat else self.folder / prompt.category) / f"{prompt.index:05d}"
        return next((path for s in IMAGE_SUFFIXES if (path := stem.with_suffix(s)).is_file()), None)

    def to_json(self) -> dict[str, Any]:
        """Return what the journal keeps."""
        recipe = self.recipe.to_json() if self.recipe else None
        return {"name": self.name, "recipe": recipe, "folder": self.folder and str(self.folder)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Contestant:
        """Read what the journal kept."""
        recipe = complete(kept["recipe"]) if kept["recipe"] else None
        return cls(kept["name"], recipe, kept["folder"] and Path(kept["folder"]))


def enter(
    models: Sequence[str],
    recipes: Sequence[str],
    folders: Mapping[str, Path],
    *,
    judge: str | None,
    candidates: Sequence[str] | None = None,
    **options: Any,  # noqa: ANN401 - the recipe's own keys, checked by it
) -> list[Contestant]:
    """Make the contestants; a recipe that names no reward of its own is driven by the `judge`."""
    entered = [_model(name, options) for name in models]
    shared = {**options, "models": candidates}
    entered += [_recipe(name, shared, judge) for name in recipes]
    entered += [_images(name, folder) for name, folder in folders.items()]
    if not entered:
        raise BadInput("Nobody takes part: name some with --models, --recipe or --images.")
    names = [each.name for each in entered]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadInput(
            f"Two contestants are called {twice!r}: the tables could not tell them apart."
        )
    return entered


def usual_judge(contestants: Sequence[Contestant]) -> str:
    """Return who judges when nobody is named: who would in a run of each, if they agree."""
    judges = {each.recipe.reward for each in contestants if each.recipe is not None}
    return judges.pop() if len(judges) == 1 else default_reward()


def _model(name: str, options: Mapping[str, Any]) -> Contestant:
    alone = {"models": [name], "search": "best-of-n", "per_model": 1, "rounds": 1}
    recipe = compose(ANY, **{**options, **alone})
    return Contestant(recipe.models[0].name, recipe)


def _recipe(name: str, options: Mapping[str, Any], judge: str | None) -> Contestant:
    driven = {} if "reward" in own(name) else {"reward": judge}
    return Contestant(Path(name).stem, compose(ANY, name, **options, **driven))


def _images(name: str, folder: Path) -> Contestant:
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder} with the images of {name}.")
    return Contestant(name, folder=folder.absolute())
