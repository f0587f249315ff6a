"""Driving a search with made-up scores: what its promises are tested by."""

from __future__ import annotations

from collections.abc import Callable

from cohp.recipe import Recipe
from cohp.run import search
from cohp.types import Answer, Ask, Chosen, Score, Scored, Shot, Unscored, Verdict

Judge = Callable[[Shot], float | None]


def drive(recipe: Recipe, judge: Judge) -> tuple[list[Ask | Chosen], list[Answer], Verdict]:
    """Run a recipe's search to its verdict; `judge` returns a mean, or None for no score."""
    searching = search(recipe)
    steps, answers = [], []
    try:
        step = next(searching)
        while True:
            steps.append(step)
            reply = [_answer(shot, judge) for shot in getattr(step, "shots", ())]
            answers += reply
            step = searching.send(reply)
    except StopIteration as end:
        return steps, answers, end.value


def _answer(shot: Shot, judge: Judge) -> Answer:
    mean = judge(shot)
    return Unscored(shot, "made up") if mean is None else Scored(shot, Score(mean))
