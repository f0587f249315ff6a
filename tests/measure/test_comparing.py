"""Which of two is preferred: the probability, and the part of it that is doubt."""

from __future__ import annotations

import pytest

from cohp.errors import BadImage, BadInput
from cohp.measure.comparing import compare
from cohp.measure.items import Item, Judged
from cohp.measure.panel import Judge
from cohp.reward.combine import Member
from cohp.select import beats
from cohp.types import Score


def judge(name="hpsv3"):
    return Judge(name, (Member(name),), (name,))


def judged(said, name="hpsv3", prompt="a fox"):
    return Judged(Item("x", "x", prompt), prompt, {name: said})


def test_the_deviation_takes_its_part_and_says_how_much():
    found = compare(judged(Score(10.0, 0.8)), judged(Score(9.0, 1.5)), judge())
    assert found.probability == beats(Score(10.0, 0.8), Score(9.0, 1.5))
    assert found.certain == pytest.approx(0.7310585786)
    assert 0.5 < found.probability < found.certain
    taken = (found.certain - found.probability) * 100
    assert found.sentence == (
        f"hpsv3 prefers A by {found.probability:.1%} (10.00 ± 0.80 against 9.00 ± 1.50). Were it "
        f"sure of both scores that would be 73.1%: its deviation takes {taken:.1f} points."
    )


def test_the_other_way_round_is_the_other_probability():
    one = compare(judged(Score(10.0, 0.8)), judged(Score(9.0, 1.5)), judge())
    other = compare(judged(Score(9.0, 1.5)), judged(Score(10.0, 0.8)), judge())
    assert other.probability == pytest.approx(1 - one.probability)
    assert other.sentence.startswith(f"hpsv3 prefers B by {one.probability:.1%}")


def test_a_reward_without_a_deviation_or_a_preference_says_so():
    found = compare(judged(Score(0.3), "clip"), judged(Score(0.2), "clip"), judge("clip"))
    assert "(0.3000 against 0.2000)" in found.sentence
    assert "states no deviation" in found.sentence
    assert "Differences of clip are read as log-odds" in found.sentence
    assert found.row()["std_a"] is None


def test_equals_are_preferred_by_nobody():
    found = compare(judged(Score(1.0)), judged(Score(1.0)), judge())
    assert found.probability == 0.5
    assert "prefers neither" in found.sentence


def test_a_preference_of_ones_own_is_followed_without_a_caution():
    def steep(a, b):
        return 1.0 if a.mean > b.mean else 0.0

    found = compare(judged(Score(2.0), "clip"), judged(Score(1.0), "clip"), judge("clip"), steep)
    assert (found.probability, found.certain, found.strangers) == (1.0, 1.0, ())


def test_what_does_not_compare_is_refused():
    with pytest.raises(BadInput, match="different prompts"):
        compare(judged(Score(1.0)), judged(Score(1.0), prompt="a hare"), judge())
    with pytest.raises(BadImage, match="damaged"):
        compare(judged("damaged"), judged(Score(1.0)), judge())
