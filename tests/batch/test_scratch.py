"""A search that lost its process goes on where it was, on the node that has what it left."""

from __future__ import annotations

import pytest
from small import FAKES

from cohp.batch.lines import Asked
from cohp.batch.place import Place
from cohp.batch.scratch import searched
from cohp.cache import cache_folder
from cohp.engine import Engine, compose
from cohp.errors import WorkersDied
from cohp.pipelines.fake import FakeGenerator
from cohp.record.claim import claim

RECIPE = {"models": FAKES, "reward": "fake", "width": 64, "height": 64, "seed": 3}
ASKED = Asked(1, 1, "a-fox", compose("a fox", **RECIPE, per_model=2, rounds=2, batch=2))


@pytest.fixture
def drawn(monkeypatch):
    """Return the shots that are drawn, in a list that may end the drawing."""
    shots, plain = [], FakeGenerator.draw

    def draw(self, batch, parents):
        if len(shots) in ends:
            ends.clear()
            raise WorkersDied("drew", 3)
        shots.extend(shot.id for shot in batch)
        return plain(self, batch, parents)

    ends = set()
    monkeypatch.setattr(FakeGenerator, "draw", draw)
    return shots, ends


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("COHP_CACHE", str(tmp_path / "cache"))
    return Place.named(str(tmp_path / "out"))


def search(place):
    with Engine() as engine, searched(engine, ASKED, place) as outcome:
        return outcome.error or outcome.result.verdict


def left():
    return list((cache_folder() / "searches").iterdir())


def test_what_was_recorded_is_not_drawn_again(place, drawn):
    shots, ends = drawn
    ends.add(6)
    assert isinstance(search(place), WorkersDied)
    assert len(left()) == 1
    cut = search(place)
    assert len(shots) == len(set(shots)) == 8
    assert left() == []
    assert cut == search(place)
    assert len(shots) == 16


def test_another_batch_goes_on_with_nothing_of_it(place, drawn, tmp_path):
    shots, ends = drawn
    ends.add(6)
    search(place)
    search(Place.named(str(tmp_path / "other")))
    assert len(shots) == 6 + 8


def test_one_that_is_still_at_it_is_left_alone(place, drawn):
    shots, ends = drawn
    ends.add(6)
    search(place)
    (mine,) = left()
    lock = claim(mine / ASKED.name)
    assert search(place).best
    lock.release()
    assert left() == [mine]
    assert len(shots) == 6 + 8
