"""The chain of human preference, rule by rule, driven with made-up scores."""

from __future__ import annotations

import pytest
from driving import drive
from small import make_recipe

from cohp.errors import NothingScored
from cohp.types import Ask, Chosen, Shot


def asks(steps) -> list[Ask]:
    return [step for step in steps if isinstance(step, Ask)]


def by_place(scores: dict[tuple, float], other: float = 0.0):
    """Score a shot by (model, round, index)."""
    return lambda shot: scores.get((shot.model, shot.round, shot.index), other)


def test_stage_one_asks_every_candidate_for_its_images():
    steps, _, _ = drive(make_recipe(per_model=3), lambda _: 0.0)
    models = [shot.model for shot in asks(steps)[0].shots]
    assert models == ["fake-ink"] * 3 + ["fake-wash"] * 3


@pytest.mark.parametrize(
    ("pick", "chosen"), [("mean", "fake-ink"), ("max", "fake-wash"), ("probability", "fake-wash")]
)
def test_the_model_is_chosen_by_the_pick_rule(pick, chosen):
    scores = {
        ("fake-ink", 0, 0): 2.0,
        ("fake-ink", 0, 1): 2.0,
        ("fake-wash", 0, 0): 3.0,
        ("fake-wash", 0, 1): 0.0,
    }
    steps, _, verdict = drive(make_recipe(pick=pick), by_place(scores))
    choice = next(step for step in steps if isinstance(step, Chosen))
    assert choice.model == chosen == verdict.model
    assert {shot.model for shot in asks(steps)[1].shots} == {chosen}


def test_one_candidate_needs_no_choice_but_draws_its_images():
    steps, _, _ = drive(make_recipe(models=["fake-wash"]), lambda _: 0.0)
    assert not any(isinstance(step, Chosen) for step in steps)
    assert len(asks(steps)[0].shots) == 2


def test_a_better_image_of_a_model_that_was_not_chosen_is_still_the_result():
    scores = {("fake-wash", 0, 1): 9.0, ("fake-ink", 0, 0): 6.0, ("fake-ink", 0, 1): 6.0}
    _, _, verdict = drive(make_recipe(pick="mean"), by_place(scores))
    assert verdict.model == "fake-ink"
    assert verdict.best.shot.model == "fake-wash"


def test_opening_refine_starts_from_the_best_of_stage_one():
    steps, answers, _ = drive(make_recipe(), by_place({("fake-ink", 0, 1): 1.0}))
    assert {shot.parent for shot in asks(steps)[1].shots} == {answers[1].shot.id}
    assert {shot.strength for shot in asks(steps)[1].shots} == {0.8}


def test_opening_fresh_draws_the_first_round_from_nothing():
    steps, _, _ = drive(make_recipe(opening="fresh"), lambda _: 0.0)
    assert all(shot.parent is None for shot in asks(steps)[1].shots)
    assert all(shot.parent for shot in asks(steps)[2].shots)


@pytest.mark.parametrize(("carry", "parent_round"), [("winner", 1), ("best", 0)])
def test_carry_says_what_the_next_round_starts_from(carry, parent_round):
    recipe = make_recipe(carry=carry, models=["fake-ink"])
    steps, answers, _ = drive(recipe, by_place({("fake-ink", 0, 0): 5.0}))
    shots = {each.shot.id: each.shot for each in answers}
    assert shots[asks(steps)[2].shots[0].parent].round == parent_round


def test_a_listed_strength_repeats_and_a_decaying_one_reaches_its_floor():
    listed = make_recipe(strengths=[0.9, 0.5])
    assert [listed.strength(number) for number in (1, 2, 7)] == [0.9, 0.5, 0.5]
    decaying = make_recipe(strengths={"start": 0.8, "decay": 0.5, "floor": 0.3})
    assert [decaying.strength(number) for number in (1, 2, 3)] == [0.8, 0.4, 0.3]


@pytest.mark.parametrize("carry", ["winner", "best"])
def test_a_round_without_a_score_leaves_the_parent_as_it_was(carry):
    def judge(shot: Shot) -> float | None:
        return None if shot.round == 1 else 1.0

    steps, _, verdict = drive(make_recipe(carry=carry), judge)
    assert asks(steps)[1].shots[0].parent == asks(steps)[2].shots[0].parent
    assert verdict.best.shot.round == 0


def test_a_fresh_round_without_a_score_is_followed_by_another_fresh_one():
    steps, _, _ = drive(
        make_recipe(opening="fresh", carry="winner"),
        lambda shot: None if shot.round == 1 else 1.0,
    )
    assert all(shot.parent is None for shot in asks(steps)[2].shots)


def test_an_opening_without_any_score_says_why():
    with pytest.raises(NothingScored, match="made up"):
        drive(make_recipe(), lambda _: None)


def test_best_of_n_keeps_the_best_of_all_candidates():
    steps, answers, verdict = drive(
        make_recipe(search="best-of-n", per_model=4), by_place({("fake-wash", 0, 2): 1.0})
    )
    assert len(steps) == 1
    assert len(answers) == 8
    assert (verdict.model, verdict.best.shot.index) == ("fake-wash", 2)


def one_of_them_hosted(*hosted: str, **changes):
    """A recipe whose `hosted` candidates draw but cannot start from an image."""
    models = [{"name": name, "refines": name not in hosted} for name in ("fake-ink", "fake-wash")]
    return make_recipe(models=models, **changes)


@pytest.mark.parametrize("carry", ["winner", "best"])
def test_a_winner_of_a_model_that_cannot_refine_is_refined_by_the_best_that_can(carry):
    recipe = one_of_them_hosted("fake-wash", carry=carry)
    steps, answers, verdict = drive(recipe, by_place({("fake-wash", 0, 1): 5.0}))
    assert verdict.model == "fake-wash"
    hosted = next(each.shot for each in answers if each.score.mean == 5.0)
    first = asks(steps)[1].shots
    assert {(shot.model, shot.parent) for shot in first} == {("fake-ink", hosted.id)}
    parents = {shot.parent for shot in asks(steps)[2].shots}
    assert parents == {hosted.id if carry == "best" else first[0].id}


def test_where_no_candidate_can_refine_every_round_is_drawn_afresh():
    steps, _, _ = drive(one_of_them_hosted("fake-ink", "fake-wash"), lambda _: 1.0)
    assert all(shot.parent is None for ask in asks(steps) for shot in ask.shots)
    assert {shot.model for ask in asks(steps)[1:] for shot in ask.shots} == {"fake-ink"}


def test_stage_one_may_be_sketched_and_the_rounds_are_drawn_in_full():
    recipe = make_recipe(draft=0.5, models=[{"name": "fake-ink", "steps": 10}, "fake-wash"])
    wanted = asks(drive(recipe, lambda _: 0.0)[0])
    assert {shot.steps for shot in wanted[0].shots if shot.model == "fake-ink"} == {5}
    assert {shot.steps for ask in wanted[1:] for shot in ask.shots} == {10}


@pytest.mark.parametrize(("steps", "sketched"), [(2, 2), (4, 4), (8, 4), (50, 5)])
def test_a_sketch_has_steps_enough_to_be_judged(steps, sketched):
    recipe = make_recipe(draft=0.1, models=[{"name": "fake-ink", "steps": steps}])
    first = asks(drive(recipe, lambda _: 0.0)[0])[0]
    assert {shot.steps for shot in first.shots} == {sketched}
