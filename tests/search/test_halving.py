"""Successive halving: who goes on, with how many steps, and what it costs beside the chain."""

from __future__ import annotations

import pytest
from driving import drive
from small import make_recipe

from cohp.errors import NothingScored
from cohp.run import plan
from cohp.types import Ask, Chosen

SKILL = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0}


def recipe_of(count, **changes):
    names = list(SKILL)[:count]
    models = [{"name": name, "width": 64, "height": 64, "steps": 16} for name in names]
    made = make_recipe(search="halving", **changes)
    candidate = made.models[0]
    return made.model_copy(
        update={
            "models": tuple(candidate.model_copy(update=each) for each in models),
        }
    )


def by_skill(shot):
    return SKILL[shot.model] + shot.index / 100 + shot.round / 10


def screens(steps):
    """Return who draws in each ask of stage one, and with how many steps."""
    return [
        (list(dict.fromkeys(shot.model for shot in ask.shots)), {shot.steps for shot in ask.shots})
        for ask in steps
        if isinstance(ask, Ask) and ask.round == 0
    ]


def test_the_better_half_goes_on_with_twice_the_steps():
    steps, _, verdict = drive(recipe_of(4), by_skill)
    assert screens(steps) == [
        (["one", "two", "three", "four"], {4}),
        (["three", "four"], {8}),
        (["four"], {16}),
    ]
    assert verdict.model == "four"
    (chosen,) = (each for each in steps if isinstance(each, Chosen))
    assert chosen.model == "four"
    assert set(chosen.standings) == {"one", "two", "three", "four"}


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_any_number_of_candidates_comes_down_to_one(count):
    steps, answers, verdict = drive(recipe_of(count), by_skill)
    assert verdict.model == list(SKILL)[count - 1]
    assert screens(steps)[-1] == ([verdict.model], {16})
    seeds = [(each.shot.model, each.shot.seed) for each in answers]
    assert len(seeds) == len(set(seeds))
    assert verdict.best.score.mean == max(each.score.mean for each in answers)


def test_the_draft_says_how_rough_the_first_screening_is():
    steps, *_ = drive(recipe_of(4, draft=0.5), by_skill)
    assert [each for _, each in screens(steps)] == [{8}, {16}, {16}]


def test_a_candidate_without_a_score_does_not_go_on():
    _, _, verdict = drive(
        recipe_of(4), lambda shot: None if shot.model == "four" else by_skill(shot)
    )
    assert verdict.model == "three"
    with pytest.raises(NothingScored):
        drive(recipe_of(4), lambda _: None)


def test_a_screening_that_fails_whole_leaves_the_first_of_the_rest():
    def judge(shot):
        return None if shot.steps == 8 else by_skill(shot)

    assert drive(recipe_of(4), judge)[2].model == "three"


def test_it_takes_fewer_steps_than_the_chain():
    recipe = recipe_of(4)
    chain = recipe.model_copy(update={"search": "cohp"})

    def spent(asked):
        return sum(shot.steps for ask in plan(asked) if ask.round == 0 for shot in ask.shots)

    assert spent(recipe) == 0.75 * spent(chain)
