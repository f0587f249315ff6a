"""Means, deviations and intervals, against the published ways and against known answers."""

from __future__ import annotations

import numpy as np
import pytest

from cohp.bench.statistics import Sample, between, overall, resampled_ratio


def test_hpsv2s_way_is_the_deviation_of_means_of_80():
    values = np.random.default_rng(0).normal(27, 2, 800)
    summary = Sample(tuple(values)).summary(80)
    # As its evaluation script has it: numpy's mean and standard deviation of the means.
    means = [np.mean(values[start : start + 80]) for start in range(0, 800, 80)]
    assert summary.mean == pytest.approx(np.mean(means))
    assert summary.deviation == pytest.approx(np.std(means))


def test_hpdv3s_overall_counts_each_category_the_same():
    samples = {"many": Sample((1.0,) * 9 + (3.0,)), "few": Sample((5.0, 7.0))}
    assert overall(samples, by_category=True, group=None).mean == pytest.approx((1.2 + 6) / 2)
    assert overall(samples, by_category=False, group=None).mean == pytest.approx(24 / 12)


def test_one_score_has_no_deviation_and_no_interval():
    summary = Sample((2.0,)).summary()
    assert (summary.count, summary.mean) == (1, 2.0)
    assert summary.deviation is summary.interval is None


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        interval = Sample(tuple(rng.normal(3, 1, 40))).summary().interval
        held += interval.low <= 3 <= interval.high
    assert 0.89 <= held / 200 <= 0.99


def test_the_interval_of_an_overall_is_as_narrow_as_independent_categories_make_it():
    rng = np.random.default_rng(2)
    samples = {str(n): Sample(tuple(rng.normal(0, 1, 100))) for n in range(16)}
    interval = overall(samples, by_category=True, group=None).interval
    # 1600 independent values: 1.96 standard errors to each side.
    assert interval.high - interval.low == pytest.approx(2 * 1.96 / 40, rel=0.15)


def test_pairs_of_one_prompt_are_drawn_together():
    apart = between(resampled_ratio([1, 0] * 50, [1] * 100))
    together = between(resampled_ratio([10, 0] * 5, [10] * 10))
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_the_same_scores_give_the_same_interval():
    values = (1.0, 2.0, 4.0)
    assert Sample(values).summary() == Sample(values).summary()
