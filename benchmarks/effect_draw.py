"""Runs many recipes of one prompt side by side, so that what they share is drawn once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event

from cohp.executors.base import Executor
from cohp.naming import resolve
from cohp.recipe import Recipe
from cohp.run import search
from cohp.types import Answer, Ask, Drawn, Note, Scored, Unscored, Verdict


@dataclass(frozen=True)
class Ran:
    """One recipe's images in the order they were asked for, and its verdict."""

    tried: tuple[Scored, ...]
    verdict: Verdict


def run(executor: Executor, recipes: Mapping[str, Recipe]) -> dict[str, Ran]:
    """Run recipes of one prompt and one jury in step; equal shots are drawn once for all."""
    searches = {name: search(recipe) for name, recipe in recipes.items()}
    waiting = {name: next(searching) for name, searching in searches.items()}
    jury = next(iter(recipes.values())).jury
    known: dict[str, Answer] = {}
    tried: dict[str, list[str]] = {name: [] for name in recipes}
    done: dict[str, Ran] = {}
    while waiting:
        wanted = {
            shot.id: shot for ask in waiting.values() if isinstance(ask, Ask) for shot in ask.shots
        }
        missing = [shot for key, shot in wanted.items() if key not in known]
        # Alike shots side by side, so that the executor draws them as one batch.
        missing.sort(key=lambda shot: (shot.model, shot.parent is not None, shot.strength or 0.0))
        parents = {shot.parent: _drawn(known, shot.parent) for shot in missing if shot.parent}
        for answer in executor.answer(missing, jury=jury, parents=parents, stop=Event()):
            if not isinstance(answer, Note):
                known[answer.shot.id] = answer
        for name, ask in list(waiting.items()):
            shots = ask.shots if isinstance(ask, Ask) else ()
            tried[name] += [shot.id for shot in shots]
            try:
                waiting[name] = searches[name].send([known[shot.id] for shot in shots])
            except StopIteration as end:
                del waiting[name]
                done[name] = Ran(tuple(_scored(known, tried[name])), end.value)
    return done


def evaluations(drawn: Drawn) -> int:
    """Count how often the network was called for an image; guidance calls it twice a step."""
    shot = drawn.shot
    model = resolve(shot.model)
    run = drawn.facts.get("steps", "").partition(" ")[0]
    steps = int(run) if run else shot.steps or model.steps
    if steps is None:
        raise ValueError(f"{shot.model} does not say how many steps it draws in")
    guidance = shot.guidance if shot.guidance is not None else model.guidance
    return steps * (2 if (guidance or 0) > 1 else 1)


def _drawn(known: Mapping[str, Answer], key: str) -> Drawn:
    answer = known[key]
    if answer.drawn is None:
        raise ValueError(f"shot {key} has no image")
    return answer.drawn


def _scored(known: Mapping[str, Answer], keys: Sequence[str]) -> list[Scored]:
    answers = [known[key] for key in keys]
    lost = [answer for answer in answers if isinstance(answer, Unscored)]
    if lost:
        raise ValueError(f"shot {lost[0].shot.id} has no score: {lost[0].reason}")
    return [answer for answer in answers if isinstance(answer, Scored)]
