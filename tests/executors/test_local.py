"""The local executor: batches, memory, and failures that cost no other shot anything."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
from PIL import Image
from small import make_recipe

from cohp.catalogue import Model
from cohp.errors import BadImage, MissingWeights, OutOfMemory
from cohp.executors.local import LocalExecutor
from cohp.pipelines.fake import FakeGenerator
from cohp.pipelines.safety import SafetyFilter
from cohp.reward.fake import FakeReward
from cohp.search.base import opening
from cohp.types import Drawn, Jury, Note, Score, Scored, Unscored


class Watched(FakeGenerator):
    """The fake generator, with a memory of its batches and shots that it cannot draw."""

    def __init__(self, room=1000, poison=(), blank=()):
        super().__init__(Model(name="watched", generator="fake", options={"room": room}))
        self.batches = []
        self.poison = poison
        self.blank = blank
        self.closed = False

    def draw(self, shots, parents):
        if any(shot.index in self.poison for shot in shots):
            raise ValueError("a poisoned shot\nwith a long story")
        for drawn in super().draw(shots, parents):
            if drawn.shot.index in self.blank:
                yield Drawn(drawn.shot, Image.new("RGB", drawn.image.size))
            else:
                yield drawn
        self.batches.append(len(shots))

    def close(self):
        self.closed = True


def shots(count=8, **changes):
    return opening(make_recipe(models=["fake-ink"], per_model=count, **changes)).shots


def answers(generator, asked, reward=None, stop=None):
    executor = LocalExecutor(lambda _: generator, lambda _: reward or FakeReward())
    return list(executor.answer(asked, jury=Jury("fake"), parents={}, stop=stop or Event()))


def test_all_shots_of_a_model_are_one_batch():
    generator = Watched()
    assert [each.shot for each in answers(generator, shots())] == list(shots())
    assert generator.batches == [8]


def test_out_of_memory_halves_the_batch_with_the_same_noise_and_remembers_what_fitted():
    roomy, tight = Watched(), Watched(room=3)
    told = answers(tight, shots())
    notes = [each.text for each in told if isinstance(each, Note)]
    assert [each for each in told if not isinstance(each, Note)] == answers(roomy, shots())
    assert notes == [
        "fake-ink: 8 at once do not fit; going on with 4.",
        "fake-ink: 4 at once do not fit; going on with 2.",
    ]
    assert tight.batches == [2, 2, 2, 2]


def test_an_image_that_does_not_fit_alone_is_out_of_memory():
    with pytest.raises(OutOfMemory):
        answers(Watched(room=0), shots())


def test_a_reward_out_of_memory_scores_in_halves():
    class Tight(FakeReward):
        def score(self, *, prompts, images):
            if len(images) > 2:
                raise OutOfMemory("too many")
            return super().score(prompts=prompts, images=images)

    told = answers(Watched(), shots(), Tight())
    assert [each for each in told if isinstance(each, Scored)] == answers(Watched(), shots())


def test_a_shot_that_cannot_be_drawn_costs_no_other_its_image():
    told = answers(Watched(poison={2}), shots())
    assert told[2] == Unscored(told[2].shot, "it could not be drawn: ValueError: a poisoned shot")
    assert [isinstance(each, Scored) for each in told] == [index != 2 for index in range(8)]
    assert [each for each in told if isinstance(each, Scored)] == [
        each for each in answers(Watched(), shots()) if each.shot.index != 2
    ]


def test_an_image_of_one_colour_is_unscored_with_the_reason():
    told = answers(Watched(blank={0, 5}), shots())
    assert "all one colour" in told[0].reason
    assert told[0].drawn.image.getpixel((0, 0)) == (0, 0, 0)
    assert [each.shot.index for each in told if isinstance(each, Unscored)] == [0, 5]


def test_an_image_a_reward_refuses_costs_no_other_its_score():
    class Picky(FakeReward):
        def score(self, *, prompts, images):
            if any(np.asarray(image).sum() % 2 for image in images):
                raise BadImage("an odd image")
            return super().score(prompts=prompts, images=images)

    told = answers(Watched(), shots(12), Picky())
    plain = answers(Watched(), shots(12))
    refused = [each for each in told if isinstance(each, Unscored)]
    assert {each.reason for each in refused} == {"an odd image"}
    assert 0 < len(refused) < 12
    assert [each for each in told if isinstance(each, Scored)] == [
        each for each in plain if each.shot not in [other.shot for other in refused]
    ]


def test_a_score_that_is_no_number_is_no_score():
    class Broken(FakeReward):
        def score(self, *, prompts, images):
            return [Score(float("nan")) for _ in zip(prompts, images, strict=True)]

    assert {each.reason for each in answers(Watched(), shots(2), Broken())} == {
        "the reward gave no number"
    }


def test_missing_weights_end_the_work_with_their_own_message():
    def load(_):
        raise MissingWeights("flux-dev is not here")

    executor = LocalExecutor(load, lambda _: FakeReward())
    with pytest.raises(MissingWeights):
        list(executor.answer(shots(), jury=Jury("fake"), parents={}, stop=Event()))


def test_asked_to_stop_it_ends_after_the_batch_in_hand():
    stop = Event()

    class Stopping(FakeReward):
        def score(self, *, prompts, images):
            stop.set()
            return super().score(prompts=prompts, images=images)

    told = answers(Watched(room=3), shots(), Stopping(), stop)
    assert len([each for each in told if isinstance(each, Scored)]) == 2
    assert answers(Watched(), shots(), stop=stop) == []


def test_models_and_rewards_are_loaded_once_and_let_go_at_the_end():
    generator, loaded = Watched(), []

    def load(name):
        loaded.append(name)
        return generator

    executor = LocalExecutor(load, lambda _: FakeReward())
    for _ in range(2):
        list(executor.answer(shots(), jury=Jury("fake"), parents={}, stop=Event()))
    assert loaded == ["fake-ink"]
    assert executor.revisions() == {"model fake-ink": "1", "reward fake": "1"}
    executor.close()
    assert generator.closed
    assert executor.revisions() == {}


def test_an_image_the_safety_filter_withholds_is_neither_scored_nor_kept(monkeypatch):
    scores = iter([0.1, 0.95, 0.2, 0.79])
    monkeypatch.setattr(SafetyFilter, "score", lambda _, image: next(scores))
    executor = LocalExecutor(lambda _: Watched(), lambda _: FakeReward())
    jury = Jury("fake", safety=True)
    told = list(executor.answer(shots(4), jury=jury, parents={}, stop=Event()))
    assert [isinstance(each, Scored) for each in told] == [True, False, True, True]
    assert told[1].reason == "the safety filter withheld it (0.95 of 1, limit 0.8)"
    assert told[1].drawn is None


def test_models_make_room_for_one_another_and_the_reward_stays():
    loaded, closed = [], []

    class Large(Watched):
        def close(self):
            super().close()
            closed.append(self)

    def load(name):
        if any(not each.closed for each in loaded):
            raise OutOfMemory("one fits")
        loaded.append(Large())
        return loaded[-1]

    rewards = []

    def load_reward(_):
        rewards.append(FakeReward())
        return rewards[-1]

    recipe = make_recipe()
    executor = LocalExecutor(load, load_reward)
    told = list(executor.answer(opening(recipe).shots, jury=Jury("fake"), parents={}, stop=Event()))
    assert len([each for each in told if isinstance(each, Scored)]) == 4
    assert [each.text for each in told if isinstance(each, Note)] == [
        "fake-ink made room for fake-wash."
    ]
    assert (len(loaded), closed, len(rewards)) == (2, loaded[:1], 1)


def test_drawing_out_of_memory_lets_other_models_go_before_it_halves():
    first, second = Watched(), Watched()
    plain = second.draw

    def draw(shots, parents):
        if not first.closed:
            raise OutOfMemory("the other one is in the way")
        return plain(shots, parents)

    second.draw = draw
    models = iter([first, second])
    executor = LocalExecutor(lambda _: next(models), lambda _: FakeReward())
    asked = opening(make_recipe()).shots
    told = list(executor.answer(asked, jury=Jury("fake"), parents={}, stop=Event()))
    assert len([each for each in told if isinstance(each, Scored)]) == 4
    assert second.batches == [2]
