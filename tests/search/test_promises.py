"""Promises 1 and 2, for any scores at all: never worse, and seeds that know no batch."""

from __future__ import annotations

import random

import pytest
from driving import drive
from hypothesis import given
from hypothesis import strategies as st
from small import make_recipe

from cohp.errors import NothingScored
from cohp.types import Ask, Scored

RECIPES = st.builds(
    make_recipe,
    search=st.sampled_from(["cohp", "halving", "best-of-n"]),
    models=st.sampled_from([["fake-ink"], ["fake-ink", "fake-wash"]]),
    per_model=st.integers(1, 4),
    rounds=st.integers(1, 5),
    batch=st.integers(1, 4),
    pick=st.sampled_from(["mean", "max", "probability"]),
    carry=st.sampled_from(["winner", "best"]),
    opening=st.sampled_from(["refine", "fresh"]),
)
# Few different values, so that ties are common; None is an image without a score.
MEANS = st.one_of(st.none(), st.sampled_from([-3.0, 0.0, 2.5]), st.floats(-1e6, 1e6))


@given(RECIPES, st.data())
def test_the_verdict_is_never_worse_than_any_image_and_ties_go_to_the_earlier(recipe, data):
    try:
        _, answers, verdict = drive(recipe, lambda _: data.draw(MEANS))
    except NothingScored:
        return
    scored = [each for each in answers if isinstance(each, Scored)]
    most = max(each.score.mean for each in scored)
    assert verdict.best == next(each for each in scored if each.score.mean == most)


@given(RECIPES, st.integers(0, 2**32))
def test_the_lineage_leads_from_a_fresh_image_to_the_best(recipe, seed):
    scores = random.Random(seed)
    _, _, verdict = drive(recipe, lambda _: scores.gauss(0, 1))
    shots = [each.shot for each in verdict.lineage]
    assert shots[0].parent is None
    assert [shot.parent for shot in shots[1:]] == [shot.id for shot in shots[:-1]]
    assert shots[-1] == verdict.best.shot
    assert len({shot.model for shot in shots}) == 1


@given(RECIPES, st.integers(0, 2**32))
def test_every_shot_of_a_run_is_another_one(recipe, seed):
    scores = random.Random(seed)
    steps, answers, _ = drive(recipe, lambda _: scores.gauss(0, 1))
    shots = [shot for step in steps if isinstance(step, Ask) for shot in step.shots]
    assert len({shot.id for shot in shots}) == len(shots)
    assert [each.shot for each in answers] == shots


def test_a_shots_seed_does_not_depend_on_how_many_are_drawn_beside_it():
    few, _, _ = drive(make_recipe(per_model=1, batch=1, models=["fake-ink"]), lambda _: 0.0)
    many, _, _ = drive(make_recipe(per_model=4, batch=6), lambda _: 0.0)
    for small, large in zip(
        (step for step in few if isinstance(step, Ask)),
        (step for step in many if isinstance(step, Ask)),
        strict=True,
    ):
        assert small.shots[0] == large.shots[0]


def test_each_shot_has_a_seed_of_its_own_and_another_run_has_others():
    def seeds(seed):
        steps, _, _ = drive(make_recipe(per_model=4, batch=6, seed=seed), lambda _: 0.0)
        return [shot.seed for step in steps if isinstance(step, Ask) for shot in step.shots]

    assert len({*seeds(1), *seeds(2)}) == len(seeds(1)) + len(seeds(2))


@pytest.mark.parametrize("rounds", [1, 3])
def test_more_rounds_begin_with_the_same_shots(rounds):
    short, _, _ = drive(make_recipe(rounds=rounds), lambda shot: shot.seed % 97)
    long, _, _ = drive(make_recipe(rounds=6), lambda shot: shot.seed % 97)
    assert long[: len(short)] == short
