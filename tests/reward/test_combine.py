"""Combining rewards: fixed by the opening, strictly rising, the same when read back."""

from __future__ import annotations

import json
from itertools import pairwise
from math import sqrt
from statistics import fmean, stdev

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cohp.errors import BadInput, BadRecipe
from cohp.reward.combine import (
    RULES,
    Curve,
    Member,
    Parts,
    Scale,
    fit,
    provisional,
)
from cohp.types import Score

TWO = (Member("a"), Member("b"))
NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))
OPENINGS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20)
RULE = st.sampled_from(RULES)


def opening(*pairs):
    return [{"a": Score(a), "b": Score(b)} for a, b in pairs]


def both(a, b, *, std=(None, None)):
    return {"a": Score(a, std[0]), "b": Score(b, std[1])}


def test_zscores_count_deviations_of_the_opening():
    scale = fit(TWO, opening((1, 100), (2, 300), (3, 200)))
    assert scale.combine(both(2, 200)).mean == 0
    assert scale.combine(both(3, 300)).mean == 1
    assert scale.combine(both(4, 200)).mean == 1
    assert scale.combine(both(12, 200)).mean == 5


def test_a_weight_counts_as_often():
    scale = fit((Member("a", 3), Member("b", 1)), opening((1, 100), (2, 300), (3, 200)))
    assert scale.combine(both(3, 100)).mean == pytest.approx(0.75 - 0.25)


def test_within_the_opening_ranks_are_the_classic_rank_sum():
    pairs = [(5, 0.1), (7, 0.3), (6, 0.2), (9, 0.0)]
    scale = fit(TWO, opening(*pairs), "ranks")
    for a, b in pairs:
        places = sum(x < a for x, _ in pairs) + sum(y < b for _, y in pairs)
        assert scale.combine(both(a, b)).mean == pytest.approx((places + 1) / 2 / len(pairs))


def test_ranks_do_not_care_how_a_member_is_scaled_at_the_openings_images():
    pairs = [(1, 5), (2, 3), (3, 4), (4, 9)]
    plain = fit(TWO, opening(*pairs), "ranks")
    bent = fit(TWO, opening(*[(a**9, b) for a, b in pairs]), "ranks")
    for a, b in pairs:
        assert plain.combine(both(a, b)).mean == bent.combine(both(a**9, b)).mean


def test_beyond_the_opening_a_better_image_still_ranks_higher():
    """Else every image of a later round that beats the whole opening would be a tie."""
    scale = fit(TWO, opening((1, 1), (2, 2), (3, 3)), "ranks")
    means = [scale.combine(both(a, 2)).mean for a in (0, 1, 2.5, 3, 3.1, 5, 50)]
    assert means == sorted(set(means))


def test_equal_scores_share_their_rank():
    scale = fit((Member("a"),), opening((1, 0), (2, 0), (2, 0), (3, 0)), "ranks")
    assert [scale.combine(both(a, 0)).mean for a in (1, 2, 3)] == [0.125, 0.5, 0.875]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("pairs", [[(0.27, 3)], [(0.27, 3)] * 5])
def test_an_opening_that_cannot_tell_falls_back_on_the_usual_spread(rule, pairs):
    scale = fit(TWO, opening(*pairs), rule, {"a": 0.01, "b": 2.0})
    assert scale.flat == ("a", "b")
    middle = scale.combine(both(0.27, 3)).mean
    assert scale.combine(both(0.28, 3)).mean - middle == pytest.approx(0.5)
    assert scale.combine(both(0.27, 5)).mean - middle == pytest.approx(0.5)


def test_a_deviation_is_carried_through():
    scale = fit((Member("a", 3), Member("b", 1)), opening((1, 10), (2, 30), (3, 20)))
    known = scale.combine(both(2, 20, std=(0.5, 4.0)))
    assert known.std == pytest.approx(sqrt((0.75 * 0.5) ** 2 + (0.25 * 0.4) ** 2))
    one = scale.combine(both(2, 20, std=(0.5, None)))
    assert one.std == pytest.approx(0.75 * 0.5)
    assert scale.combine(both(2, 20)).std is None
    assert scale.combine(both(2, 20, std=(0.0, None))).std == 0


def test_nothing_cannot_be_fitted_and_rules_have_names():
    with pytest.raises(BadInput):
        fit(TWO, [])
    with pytest.raises(BadRecipe, match="zscore"):
        fit(TWO, opening((1, 2)), "median")
    for rule in RULES:
        with pytest.raises(BadInput, match="no number"):
            fit(TWO, opening((1, 2), (float("nan"), 3)), rule)


def test_before_the_opening_members_count_in_their_usual_spreads():
    scale = provisional(TWO, {"a": 0.01, "b": 2.0})
    assert scale.combine(both(0.3, 4)).mean == pytest.approx((30 + 2) / 2)


@given(OPENINGS, RULE, st.tuples(NUMBERS, NUMBERS), st.floats(1e-3, 1e3))
def test_a_better_member_never_lowers_the_whole(pairs, rule, at, more):
    scale = fit(TWO, opening(*pairs), rule)
    low, high = scale.combine(both(*at)), scale.combine(both(at[0] + more, at[1]))
    assert high.mean >= low.mean
    assert all(curve.slope > 0 for curve in scale.curves)


@given(OPENINGS, RULE)
def test_every_member_keeps_its_order_and_no_tie_is_made(pairs, rule):
    scale = fit(TWO, opening(*pairs), rule)
    values = sorted({a for a, _ in pairs})
    heights = [scale.curves[0](value) for value in values]
    assert heights == sorted(heights)
    spread = values[-1] - values[0]
    if all(b - a > 1e-6 * max(1, spread) for a, b in pairwise(values)):
        assert len(set(heights)) == len(heights)


@given(OPENINGS, RULE, st.tuples(NUMBERS, NUMBERS), st.tuples(NUMBERS, NUMBERS))
def test_a_scale_read_back_gives_the_same_numbers(pairs, rule, at, std):
    scale = fit(TWO, opening(*pairs), rule, {"a": 0.3})
    again = Scale.from_json(json.loads(json.dumps(scale.as_json())))
    assert again == scale
    scores = both(*at, std=tuple(abs(each) for each in std))
    assert again.combine(scores) == scale.combine(scores)


@given(
    st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=2, max_size=12),
    st.integers(1, 9),
    st.integers(-99, 99),
)
def test_zscores_do_not_care_about_a_members_units(pairs, times, plus):
    assume(len({a for a, _ in pairs}) > 1)
    plain = fit(TWO, opening(*pairs))
    other = fit(TWO, opening(*[(a * times + plus, b) for a, b in pairs]))
    for a, b in pairs:
        mean = other.combine(both(a * times + plus, b)).mean
        assert mean == pytest.approx(plain.combine(both(a, b)).mean, abs=1e-9)


@given(OPENINGS.filter(lambda pairs: len(pairs) > 1), st.floats(0.01, 100))
def test_only_the_ratio_of_weights_counts(pairs, times):
    scale = fit((Member("a", 2), Member("b", 1)), opening(*pairs))
    other = fit((Member("a", 2 * times), Member("b", times)), opening(*pairs))
    for a, b in pairs:
        assert scale.combine(both(a, b)).mean == pytest.approx(other.combine(both(a, b)).mean)


@given(st.lists(NUMBERS, min_size=2, max_size=30).filter(lambda some: len(set(some)) > 1))
def test_one_member_alone_is_its_own_zscore(values):
    assume(max(values) - min(values) > 1e-3)
    scale = fit((Member("a"),), opening(*[(value, 0) for value in values]))
    for value in values:
        wanted = (value - fmean(values)) / stdev(values)
        assert scale.combine(both(value, 0)).mean == pytest.approx(wanted, abs=1e-6)


@given(OPENINGS, RULE)
def test_the_best_by_a_single_member_is_the_best(pairs, rule):
    scale = fit((Member("a"),), opening(*pairs), rule)
    combined = [scale.combine(both(*pair)).mean for pair in pairs]
    best = max(range(len(pairs)), key=lambda place: combined[place])
    assert combined[best] == scale.combine(both(max(a for a, _ in pairs), 0)).mean


def test_parts_are_scores_that_remember_their_members():
    parts = fit(TWO, opening((1, 2), (3, 4))).combine(both(2, 3))
    assert isinstance(parts, Score)
    assert isinstance(parts, Parts)
    assert parts.members == both(2, 3)
    assert hash(parts) == hash(Parts(parts.mean, parts.std, {}))


def test_a_curve_passes_through_its_knots():
    curve = Curve(((0.0, 0.0), (1.0, 5.0), (3.0, 6.0)), 2.0)
    assert [curve(x) for x in (-1, 0, 0.5, 1, 2, 3, 4)] == [-2, 0, 2.5, 5, 5.5, 6, 8]
