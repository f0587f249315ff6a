"""Agreement with people, against the published scripts' own counting and known answers."""

from __future__ import annotations

import random
from itertools import combinations
from math import log
from xml.etree import ElementTree as ET

import pytest
from bench_samples import outcome

from cohp.bench.accuracy import binned, calibrated, measure
from cohp.bench.accuracy_tables import tables
from cohp.bench.choices import Choice
from cohp.bench.reliability import plot
from cohp.select import beats


def of_choice(place: str, ranks: list[float], scores: list[float]):
    names = tuple(map(str, range(len(ranks))))
    choice = Choice(place, place, names, tuple(ranks), ())
    return [
        outcome(scores[b], scores[w], choice=place, prompt=place, images=len(ranks), tied=tied)
        for (b, w), tied in choice.pairs()
    ]


def made_up(count: int = 40):
    """Choices among four images, ranks and scores often equal."""
    rng = random.Random(3)
    return [
        ([rng.randint(1, 4) for _ in range(4)], [float(rng.randint(0, 5)) for _ in range(4)])
        for _ in range(count)
    ]


def outcomes(made):
    return [
        each for n, (ranks, scores) in enumerate(made) for each in of_choice(str(n), ranks, scores)
    ]


def test_accuracy_is_imagerewards_and_hpsv3s():
    right = total = 0
    for ranks, scores in made_up():
        for i, j in combinations(range(4), 2):
            # As ImageReward's test.py counts: pairs that people tied are left out, and equal
            # scores are wrong.
            if ranks[i] != ranks[j]:
                total += 1
                right += (ranks[i] < ranks[j]) == (scores[i] > scores[j]) and scores[i] != scores[j]
    found = measure(outcomes(made_up()), beats)
    assert (found.pairs, found.accuracy) == (total, pytest.approx(right / total))
    assert found.tied == 40 * 6 - total
    assert found.equal > 0


def test_by_choice_is_hpsv2s():
    kept = []
    for ranks, scores in made_up():
        # As HPSv2's inversion_score counts: the share of pairs that are not turned around.
        turned = sum(
            (ranks[i] - ranks[j]) * (scores[j] - scores[i]) < 0
            for i, j in combinations(range(4), 2)
        )
        kept.append(1 - turned / 6)
    assert measure(outcomes(made_up()), beats).by_choice == pytest.approx(sum(kept) / len(kept))


def test_with_ties_is_pick_a_pics():
    even = [outcome(1.0, 1.0, tied=True), outcome(5.0, 0.0, tied=True), outcome(1.0, 1.0)]
    found = measure([*even, outcome(2.0, 0.0), outcome(0.0, 2.0)], beats)
    assert found.with_ties == pytest.approx((1 + 0.5 + 0.5 + 1 + 0) / 5)
    # Within the margin the judge is undecided: half a point for each pair that people decided.
    assert measure([*even, outcome(0.1, 0.0)], beats, 0.1).with_ties == pytest.approx(2.5 / 4)
    assert measure([outcome(2.0, 0.0)], beats).with_ties is None


def test_agreement_is_told_by_how_sure_people_were():
    told = [(0.95, 1), (0.95, 1), (0.95, 0), (0.6, 0), (1.0, 1), (None, 1)]
    found = measure([outcome(right, 1 - right, confidence=sure) for sure, right in told], beats)
    assert [(round(b.low, 2), b.count, b.right) for b in found.confidence] == [
        (0.6, 1, 0.0),
        (0.9, 4, 0.75),
    ]
    assert (found.unsure.count, found.unsure.right) == (1, 1.0)


def test_the_calibration_error_of_an_overconfident_judge():
    # 90 % sure of everything, right six times of ten.
    found = calibrated([0.9] * 6 + [0.1] * 4)
    assert found.error == pytest.approx(0.3)
    assert found.log_loss == pytest.approx(-(6 * log(0.9) + 4 * log(0.1)) / 10)
    (only,) = found.bins
    assert (only.count, only.middle, only.right) == (10, pytest.approx(0.9), pytest.approx(0.6))


def test_a_judge_that_keeps_what_it_says_has_no_error():
    rng = random.Random(4)
    told = []
    for _ in range(20_000):
        sure = rng.uniform(0.5, 1)
        told.append(sure if rng.random() < sure else 1 - sure)
    assert calibrated(told).error < 0.015


def test_a_coin_toss_is_half_right():
    (only,) = calibrated([0.5] * 4).bins
    assert (only.middle, only.right) == (0.5, 0.5)
    assert calibrated([0.0]).log_loss < 100


def test_a_value_on_an_edge_belongs_above_it():
    assert [round(each.low, 2) for each in binned([(v, 1) for v in (0.5, 0.7, 0.9)], 0.5)] == [
        0.5,
        0.7,
        0.9,
    ]


def test_an_interval_of_all_right_does_not_claim_certainty():
    found = measure([outcome(1, 0, prompt=str(n)) for n in range(30)], beats)
    # The exact (Clopper-Pearson) bound of 30 of 30.
    assert found.interval.low == pytest.approx(0.025 ** (1 / 30))
    assert found.interval.high == 1
    wrong = measure([outcome(0, 1, prompt=str(n)) for n in range(30)], beats)
    assert (wrong.interval.low, wrong.interval.high) == (0, pytest.approx(1 - 0.025 ** (1 / 30)))


def test_the_tables_say_what_was_published_of_the_reward():
    told = "\n".join(grid.markdown() for grid in tables({"hpsv3": measure([outcome(1, 0)], beats)}))
    assert "hpsv3 on HPDv3 test * | 76.9%" in told
    assert "arXiv:2508.03789" in told
    assert "published" not in tables({"mine": measure([outcome(1, 0)], beats)})[0].markdown()


def test_the_plot_is_svg_with_a_dot_for_each_bin():
    drawn = plot(calibrated([0.95, 0.94, 0.6, 0.4, 0.02]), "mine <&>")
    tree = ET.fromstring(drawn)  # noqa: S314 - our own
    dots = [each for each in tree.iter() if each.tag.endswith("circle")]
    assert len(dots) == 3
    assert "mine <&>: expected calibration error" in tree[0].text
