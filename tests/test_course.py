"""A training's course: interruptions cost nothing, and the rate falls at the end."""

import argparse

import pytest
import torch

from training.course import ANNEALED, ANNEALING, LATEST, PLAIN, Course


def told(out, **given):
    options = {"out": out, "minutes": 10.0, "anneal": 4.0, "resume": None, "save_every": 5.0}
    return argparse.Namespace(**(options | given))


class Clock:
    """Minutes that pass when told to."""

    def __init__(self, monkeypatch):
        self.minutes = 0.0
        monkeypatch.setattr("training.course.time.monotonic", lambda: self.minutes * 60)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def state():
    return {"weights": torch.ones(2)}


def kept(folder):
    return {path.stem for path in folder.glob("*.pt")}


def test_the_rate_warms_stays_and_falls_to_nothing(tmp_path, clock):
    course = Course(told(tmp_path))
    assert course.rate(0) == pytest.approx(0.01)
    assert course.rate(500) == 1
    clock.minutes = 8
    assert course.rate(500) == pytest.approx(0.5)
    clock.minutes = 10
    assert course.rate(500) == 0


def test_checkpoints_are_named_by_what_the_rate_does(tmp_path, clock):
    course = Course(told(tmp_path))
    course.keep(state)
    assert kept(tmp_path) == set()
    for minute, expected in ((5.5, LATEST), (6.5, PLAIN), (9.9, None), (11.6, ANNEALING)):
        clock.minutes = minute
        before = kept(tmp_path)
        course.keep(state)
        assert kept(tmp_path) - before == ({expected} if expected else set())
    course.finish(state)
    assert kept(tmp_path) == {LATEST, PLAIN, ANNEALING, ANNEALED}


def test_a_stopped_training_goes_on_with_the_minutes_that_were_left(tmp_path, clock):
    course = Course(told(tmp_path))
    clock.minutes = 5.5
    course.keep(state)
    clock.minutes = 100
    again = Course(told(tmp_path))
    assert again.loaded()["weights"].tolist() == [1, 1]
    again.begin()
    assert again.spent == pytest.approx(5.5)
    clock.minutes = 104.5
    assert again.spent == pytest.approx(10)
    again.finish(state)
    assert Course(told(tmp_path)).over


def test_a_course_may_begin_from_anothers_checkpoint_with_a_clock_of_its_own(tmp_path, clock):
    first = Course(told(tmp_path / "first"))
    clock.minutes = 7
    first.keep(state)
    second = Course(told(tmp_path / "second", resume=tmp_path / "first" / f"{PLAIN}.pt"))
    assert second.loaded() is not None
    assert second.spent == 0
    assert Course(told(tmp_path / "third")).loaded() is None
