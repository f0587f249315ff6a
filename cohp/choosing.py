"""A person overrules the reward in a run that nobody works on, and what the run owes them then."""

from __future__ import annotations

from pathlib import Path

from cohp.errors import BadInput
from cohp.recipe import Recipe
from cohp.record.adding import adding
from cohp.record.choices import decide, to_json
from cohp.record.folder import RunFolder, content_name
from cohp.run import plan, retrace
from cohp.types import Preferred


def choose(path: Path, image: str | Path, more: int | None = None) -> Preferred:
    """Write down that the run in `path` is to go on from an image, for `more` rounds at least."""
    RunFolder(path)
    with adding(path) as journal:
        folder = RunFolder(path)
        choice = decide(folder, found(folder, image), folder.drawn + 1, more)
        if choice.rounds:
            check_rounds(folder.recipe, choice.rounds)
        journal.append(to_json(choice))
    return choice


def check_rounds(recipe: Recipe, rounds: int) -> None:
    """Say so where a search has no rounds that could go on."""
    longer = recipe.model_copy(update={"rounds": rounds, "budget": None})
    if max(ask.round for ask in plan(longer)) < rounds:
        raise BadInput(
            f"The search {recipe.search} has no rounds to go on with. "
            "Choose the image without asking for any."
        )


def found(folder: RunFolder, image: str | Path) -> str:
    """Return the shot of an image that is named by its id, its file's name, or a file like it."""
    text, path = str(image), Path(image)
    if text in folder.entries:
        return text
    name = content_name(path.read_bytes()) if path.is_file() else path.name
    for shot, entry in folder.entries.items():
        if entry.image == name:
            return shot
    raise BadInput(
        f"The run {folder.path} has no image {text!r}. Name one of its images/, or an id that "
        "its journal has."
    )


def owed(folder: RunFolder) -> int | None:
    """Return how many rounds a run is to have where a person asked for more than it ended with."""
    wanted = max((each.rounds or 0 for each in folder.choices), default=0)
    if wanted <= folder.done:
        return None
    _, verdict = retrace(folder)
    return wanted if verdict else None
