"""Fitted chances: they find the truth they were made from, and their file keeps them."""

from __future__ import annotations

import builtins
import json
import random
from math import exp

import pytest
from bench_samples import outcome
from hypothesis import given, settings
from hypothesis import strategies as st

from cohp import calibration
from cohp.bench.fitting import fit, isotonic, temperature
from cohp.calibration import Calibration, Isotonic, Temperature
from cohp.errors import BadInput, MissingExtra
from cohp.select import beats
from cohp.types import Score


def people(count: int, warmth: float, std: float | None = None, seed: int = 5):
    """Pairs whose better image people found with the chance that a temperature means."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        a, b = (Score(rng.gauss(0, 3), std) for _ in range(2))
        chance = Temperature(warmth)(a, b)
        better, worse = (a, b) if rng.random() < chance else (b, a)
        found.append(outcome(better.mean, worse.mean, std=std, prompt=str(number // 2)))
    return found


@pytest.mark.parametrize(("warmth", "std"), [(0.5, None), (3.0, None), (2.0, 1.5)])
def test_a_temperature_is_found_again(warmth, std):
    assert temperature(people(4000, warmth, std)).temperature == pytest.approx(warmth, rel=0.12)


def test_pairs_that_are_all_in_order_are_no_certainty():
    ordered = [outcome(1.0, 0.0, prompt=str(number)) for number in range(98)]
    chance = temperature(ordered)(Score(1.0), Score(0.0))
    assert chance == pytest.approx(0.99, abs=1e-4)


def test_a_rising_line_follows_what_people_do():
    line = isotonic(people(4000, 2.0))
    for gap in (-4, -1, 0, 1, 4):
        assert line(Score(gap), Score(0.0)) == pytest.approx(1 / (1 + exp(-gap / 2)), abs=0.05)


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_a_fit_helps_an_overconfident_reward_on_pairs_it_was_not_fitted_to(method):
    found = fit(people(1500, 4.0), method, beats)
    assert found.before.error > 0.2
    assert found.after.error < 0.07
    assert found.after.log_loss < found.before.log_loss


def test_a_fit_to_noise_does_not_look_good_on_pairs_it_was_not_fitted_to():
    # Three pairs a prompt, a coin toss each: no line can help, and held out none seems to.
    rng = random.Random(6)
    noise = [outcome(rng.gauss(0, 1), rng.gauss(0, 1), prompt=str(n)) for n in range(200)]
    assert fit(noise, "isotonic", beats).after.log_loss > 0.69


def test_ties_are_not_fitted_to_and_too_few_pairs_are_refused():
    tied = [outcome(9.0, 0.0, tied=True, prompt=str(n)) for n in range(100)]
    with pytest.raises(BadInput, match="20 pairs or more to be fitted to; 19 of these"):
        fit([*tied, *people(19, 1.0)], "temperature", beats)
    assert (
        fit([*tied, *people(60, 1.0)], "temperature", beats).chance
        == fit(people(60, 1.0), "temperature", beats).chance
    )


def test_pairs_of_one_prompt_alone_can_be_fitted_to():
    alone = [outcome(each.scores[0].mean, each.scores[1].mean) for each in people(50, 1.0)]
    assert fit(alone, "temperature", beats).chance.temperature > 0


@settings(deadline=None, max_examples=30)
@given(st.floats(-50, 50), st.floats(-50, 50))
def test_both_orders_of_a_pair_sum_to_one(a, b):
    for chance in (Temperature(2.5), Isotonic(((-3.0, 0.1), (0.5, 0.45), (4.0, 0.95)))):
        one, other = chance(Score(a, 1.0), Score(b)), chance(Score(b), Score(a, 1.0))
        assert one + other == pytest.approx(1, abs=1e-9)
        assert 0 <= one <= 1


def test_a_temperature_of_one_is_the_rewards_own_rule():
    a, b = Score(2.0, 0.5), Score(1.0, 1.5)
    assert Temperature(1.0)(a, b) == beats(a, b)


@pytest.mark.parametrize("chance", [Temperature(1.5), Isotonic(((-1.0, 0.2), (1.0, 0.8)))])
def test_a_file_keeps_a_calibration(tmp_path, chance):
    made = Calibration("hpsv3", "abc", 200, chance)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(made.to_json()))
    assert calibration.load(path) == made
    assert made.of("hpsv3") == chance
    with pytest.raises(BadInput, match="fitted for hpsv3, not for clip"):
        made.of("clip")


HEAD = {"cohp_calibration": 1, "reward": "a", "revision": "b", "pairs": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        {},
        HEAD,
        {**HEAD, "temperature": 0},
        {**HEAD, "temperature": "warm"},
        {**HEAD, "knots": []},
        {**HEAD, "knots": [[2, 0], [1, 1]]},
    ],
)
def test_a_file_that_is_no_calibration_is_refused(tmp_path, content):
    path = tmp_path / "c.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(BadInput, match="is no calibration"):
        calibration.load(path)


def test_a_file_of_another_version_or_that_is_not_there_is_said(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"cohp_calibration": 2}')
    with pytest.raises(BadInput, match="another version"):
        calibration.load(path)
    with pytest.raises(BadInput, match="cannot be read"):
        calibration.load(tmp_path / "none.json")


def test_without_scikit_learn_the_install_line_is_said(monkeypatch):
    whole = builtins.__import__

    def without(name, *more, **named):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return whole(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"pip install 'cohp\[calibration\]'"):
        isotonic(people(30, 1.0))
