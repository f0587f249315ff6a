"""Several judges: an ensemble read on one frozen scale, and a referee nobody follows."""

from __future__ import annotations

import pytest
from small import make_recipe

from cohp.errors import Interrupted
from cohp.events import Note, RoundDone
from cohp.executors.local import LocalExecutor
from cohp.record.folder import RunFolder
from cohp.record.recorder import Recorder
from cohp.reward.combine import Member
from cohp.reward.ensemble import Ensemble
from cohp.reward.fake import FakeReward
from cohp.run import Run, retrace
from cohp.types import Score


class Redness(FakeReward):
    """Likes red, in numbers a hundred times as large as the fake reward's."""

    def score(self, *, prompts, images):
        return [Score(image.getpixel((5, 60))[0] * 10.0) for image in images]


class Contrary(FakeReward):
    """Falls whenever the fake reward rises."""

    def score(self, *, prompts, images):
        scores = super().score(prompts=prompts, images=images)
        return [Score(-each.mean) for each in scores]


REWARDS = {
    "fake": FakeReward,
    "contrary": Contrary,
    "fake+red": lambda: Ensemble({Member("fake"): FakeReward(), Member("red"): Redness()}),
}


def run(folder, events=None, stop=None, **changes):
    executor = LocalExecutor(load_reward=lambda name: REWARDS[name]())
    listen = (events if events is not None else []).append
    recipe = make_recipe(**changes)
    begin = Recorder.begin(folder, recipe) if not folder.exists() else Recorder.reopen(folder)
    with begin as recorder:
        return Run(recorder, executor, listen, stop).finish()


def scores(folder):
    return {shot: entry.score for shot, entry in RunFolder(folder).entries.items()}


@pytest.mark.parametrize("rule", ["zscore", "ranks"])
def test_an_ensemble_is_read_on_the_scale_of_the_opening(tmp_path, rule):
    verdict = run(tmp_path / "run", reward="fake+red", combine=rule)
    entries = list(RunFolder(tmp_path / "run").entries.values())
    opening = [entry for entry in entries if entry.shot.round == 0]
    middle = {"zscore": 0.0, "ranks": 0.5}[rule]
    assert sum(each.score.mean for each in opening) / len(opening) == pytest.approx(middle)
    assert verdict.best.score.mean == max(entry.score.mean for entry in entries)
    for entry in entries:
        assert entry.members.keys() == {"fake", "red"}
        assert entry.members["red"].mean % 10 == 0
        assert entry.score.std is not None


def test_the_scale_is_fixed_and_an_interrupted_ensemble_ends_the_same(tmp_path):
    whole = run(tmp_path / "whole", reward="fake+red")

    class After:
        def __init__(self, times):
            self.left = times

        def is_set(self):
            self.left -= 1
            return self.left < 0

    for times in range(1, 7):
        folder = tmp_path / f"cut-{times}"
        with pytest.raises(Interrupted):
            run(folder, stop=After(times), reward="fake+red")
        assert run(folder) == whole
        assert scores(folder) == scores(tmp_path / "whole")
        assert retrace(RunFolder(folder))[1] == whole


def test_a_referee_is_recorded_for_every_image_and_changes_nothing(tmp_path):
    plain = run(tmp_path / "plain")
    refereed = run(tmp_path / "refereed", referee="contrary")
    assert refereed.best.shot == plain.best.shot
    for entry in RunFolder(tmp_path / "refereed").entries.values():
        assert entry.referee == Score(-entry.score.mean)


def test_a_referee_that_falls_while_the_reward_rises_is_warned_of(tmp_path):
    events = []
    run(tmp_path / "run", events, referee="contrary", rounds=4)
    warnings = [event.text for event in events if isinstance(event, Note)]
    assert warnings
    assert "while contrary fell from" in warnings[0]
    assert len(warnings) <= len([event for event in events if isinstance(event, RoundDone)])
    agreed = []
    run(tmp_path / "agreed", agreed, referee="fake", rounds=4)
    assert not [event for event in agreed if isinstance(event, Note)]


def test_a_referee_that_cannot_judge_an_image_costs_it_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(
        Contrary, "score", lambda _, *, prompts, images: [Score(float("nan")) for _ in images]
    )
    run(tmp_path / "run", referee="contrary")
    entries = RunFolder(tmp_path / "run").entries.values()
    assert all(entry.score and entry.referee is None for entry in entries)
