"""The rules of choosing."""

from __future__ import annotations

from math import exp, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohp.select import beats, leader, standings, top
from cohp.types import Score, Scored, Shot

MEANS = st.floats(-50, 50)
STDS = st.one_of(st.none(), st.floats(0.01, 20))


def scored(*scores: tuple[str, float, float | None]) -> list[Scored]:
    return [
        Scored(Shot(model, "p", 64, 64, seed=number, round=0, index=number), Score(mean, std))
        for number, (model, mean, std) in enumerate(scores)
    ]


def test_of_equals_the_first_is_the_top_and_the_leader():
    tried = scored(("a", 1.0, None), ("b", 1.0, None))
    assert top(tried) is tried[0]
    assert leader({"a": 1.0, "b": 1.0}) == "a"


def test_without_deviations_the_probability_rule_takes_the_highest_at_its_word():
    tried = scored(("a", 1.0, None), ("a", 1.0, None), ("b", 3.0, None), ("b", -9.0, None))
    assert standings(tried, "probability") == {"a": 0.0, "b": 1.0}


def test_several_uncertain_good_images_outweigh_one_that_looks_slightly_better():
    tried = scored(("a", 3.1, 1.0), ("b", 3.0, 1.0), ("b", 3.0, 1.0), ("b", 3.0, 1.0))
    assert leader(standings(tried, "max")) == "a"
    assert leader(standings(tried, "probability")) == "b"


@given(st.lists(st.tuples(st.sampled_from("abc"), MEANS, STDS), min_size=1, max_size=8))
def test_the_probabilities_of_being_best_sum_to_one(scores):
    standing = standings(scored(*scores), "probability")
    assert isclose(sum(standing.values()), 1, abs_tol=1e-9)
    assert all(-1e-9 <= chance <= 1 + 1e-9 for chance in standing.values())


def test_two_gaussians_are_compared_exactly():
    # P(a > b) for N(1, 1) and N(0, 1) is Phi(1 / sqrt 2).
    standing = standings(scored(("a", 1.0, 1.0), ("b", 0.0, 1.0)), "probability")
    assert standing["a"] == pytest.approx(0.7602499389065233, abs=1e-6)


def test_a_preference_without_deviations_is_the_plain_sigmoid():
    assert beats(Score(2.0), Score(0.5)) == pytest.approx(1 / (1 + exp(-1.5)))


def test_a_preference_with_deviations_equals_the_mean_over_a_fine_grid():
    # The mean of sigmoid(N(1.5, 2^2 + 1^2)) over 400,001 points within 12 deviations.
    assert beats(Score(2.0, 2.0), Score(0.5, 1.0)) == pytest.approx(0.7020304466080058, abs=1e-9)


@given(MEANS, MEANS, STDS, STDS)
def test_preferences_of_a_pair_sum_to_one_and_uncertainty_pulls_them_to_a_half(a, b, sa, sb):
    forward = beats(Score(a, sa), Score(b, sb))
    assert forward + beats(Score(b, sb), Score(a, sa)) == pytest.approx(1, abs=1e-9)
    certain = beats(Score(a), Score(b))
    assert abs(forward - 0.5) <= abs(certain - 0.5) + 1e-9
