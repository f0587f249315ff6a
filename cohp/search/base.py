"""What every search is: a coroutine that asks for shots, is sent their answers, and concludes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace

from cohp.errors import NothingScored
from cohp.recipe import Candidate, Recipe
from cohp.seeds import seed_for
from cohp.types import Answer, Ask, Chosen, Preferred, Scored, Shot, Unscored, Verdict

# With the answers of a round comes what a person chose for the rounds after it.
Reply = Answer | Preferred
Searching = Generator[Ask | Chosen, Sequence[Reply], Verdict]
Search = Callable[[Recipe], Searching]


# An image of fewer steps says little about what the full number would make of it.
FEWEST_TO_JUDGE = 4


def opening(recipe: Recipe) -> Ask:
    """Ask for stage one: every candidate draws its images."""
    return Ask(
        0,
        tuple(
            replace(draw(recipe, candidate, 0, index), steps=sketched(candidate, recipe.draft))
            for candidate in recipe.models
            for index in range(recipe.per_model)
        ),
    )


def sketched(candidate: Candidate, share: float) -> int | None:
    """Return how many steps that share of a candidate's own is, as far as it can be judged."""
    steps = candidate.steps
    return steps and min(steps, max(FEWEST_TO_JUDGE, round(steps * share)))


def draw(recipe: Recipe, candidate: Candidate, number: int, index: int) -> Shot:
    """Describe an image drawn from nothing but its prompt and seed."""
    return Shot(
        model=candidate.name,
        prompt=recipe.prompt,
        negative=recipe.negative,
        width=candidate.width,
        height=candidate.height,
        steps=candidate.steps,
        guidance=candidate.guidance,
        seed=seed_for(recipe.seed, candidate.name, number, index),
        round=number,
        index=index,
    )


def scored(answers: Iterable[Reply]) -> list[Scored]:
    """Keep the answers that have a score."""
    return [each for each in answers if isinstance(each, Scored)]


def preferred(answers: Iterable[Reply]) -> Preferred | None:
    """Return what a person chose, the last where there are several, or None."""
    choices = [each for each in answers if isinstance(each, Preferred)]
    return choices[-1] if choices else None


def scored_opening(answers: Sequence[Reply]) -> list[Scored]:
    """Keep what stage one has to go on with, or say why there is nothing."""
    kept = scored(answers)
    if not kept:
        failed = [each.reason for each in answers if isinstance(each, Unscored)]
        reasons = dict.fromkeys(reason.rstrip(".") for reason in failed)
        raise NothingScored(f"No image could be scored: {'; '.join(reasons)}.")
    return kept
