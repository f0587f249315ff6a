"""Where refining starts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohp.pipelines.start import FEWEST_STEPS, start_of


@given(st.integers(1, 200), st.floats(0.001, 1.0))
def test_something_is_kept_and_something_is_run(steps, strength):
    start = start_of(steps, strength)
    assert 1 <= start.first <= start.steps - 1
    assert start.steps == max(steps, FEWEST_STEPS)


@given(st.integers(1, 60), st.floats(0.001, 1.0), st.floats(0.001, 1.0))
def test_more_strength_never_starts_later(steps, one, other):
    low, high = sorted((one, other))
    assert start_of(steps, high).first <= start_of(steps, low).first


@pytest.mark.parametrize(
    ("steps", "strength", "total", "first"),
    [(28, 0.8, 28, 6), (50, 0.5, 50, 25), (4, 0.8, 4, 1), (4, 0.3, 4, 3), (20, 1.0, 20, 1)],
)
def test_usual_strengths(steps, strength, total, first):
    assert (start_of(steps, strength).steps, start_of(steps, strength).first) == (total, first)


def test_many_steps_need_no_note():
    for steps in (20, 28, 50):
        assert all(start_of(steps, tenth / 10).note is None for tenth in range(1, 11))


def test_a_one_step_model_is_refined_in_more_and_says_so():
    start = start_of(1, 0.5)
    assert (start.steps, start.first) == (4, 2)
    assert start.note == "1 step leaves too little to refine: 4 steps instead"


def test_a_strength_that_cannot_be_had_is_said():
    assert start_of(4, 0.9).note == "strength 0.9 became 0.75: 3 of 4 steps"
