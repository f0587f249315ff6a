"""The referee speaks up when the reward rises and it does not agree, and only then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohp.reward.referee import NOISE, suspicion

PAIRS = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), max_size=6)


def test_a_rise_that_the_referee_does_not_share_is_said():
    said = suspicion([(8.0, 21.5), (9.0, 21.4), (11.0, 20.0)], "pickscore", 0.8)
    assert said.startswith("The reward rose from 8 to 11 while pickscore fell from 21.5 to 20:")


@pytest.mark.parametrize(
    "best",
    [
        [],
        [(8, 21)],
        [(8, 21), (9, 22)],
        [(8, 21), (8, 15)],
        [(8, 21), (7, 15)],
        [(8, 21), (9, 20.9)],
        [(8, 21), (9, 18), (10, 21.2)],
    ],
)
def test_nothing_is_said_otherwise(best):
    assert suspicion(best, "pickscore", 0.8) is None


@given(PAIRS, st.floats(0.01, 5))
def test_it_speaks_exactly_when_the_ends_say_so(best, spread):
    said = suspicion(best, "clip", spread) is not None
    fell = len(best) > 1 and best[0][1] - best[-1][1] > NOISE * spread
    assert said == (fell and best[-1][0] > best[0][0])
