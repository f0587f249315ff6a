"""What travels between processes arrives as it was, and workers do without a cluster too."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import replace
from threading import Event

import numpy as np
import torch
from PIL import Image
from small import make_recipe

from cohp.errors import MissingExtra, OutOfMemory, RunBusy
from cohp.executors.local import LocalExecutor
from cohp.executors.ray.easel import Easel
from cohp.executors.ray.generators import Sketch, Sketched, draw, generators
from cohp.executors.ray.rewards import Judged, Pictures, Rewards
from cohp.executors.ray.wire import Sent, Trouble
from cohp.search.base import opening
from cohp.types import Drawn, Jury, Scored, Unscored

SHOTS = opening(make_recipe(models=["fake-ink"], per_model=3)).shots
LEVELS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def travelled(each):
    return pickle.loads(pickle.dumps(Sent.of(each))).unpacked()  # noqa: S301 - our own


def test_a_drawn_shot_arrives_whole():
    facts = {"look": {"light": 0.5}}
    image = Image.fromarray(LEVELS)
    sent = Drawn(SHOTS[0], image, np.ones(3, np.float32), None, 0.6, 1.5, facts)
    arrived = travelled(sent)
    assert np.array_equal(np.asarray(arrived.image), LEVELS)
    assert np.array_equal(arrived.latents, sent.latents)
    assert (arrived.shot, arrived.true_start, arrived.seconds, arrived.facts) == (
        SHOTS[0],
        0.6,
        1.5,
        facts,
    )


def test_values_that_are_no_numbers_are_refused_before_they_travel():
    pixels = torch.full((3, 4, 4), float("nan"))
    arrived = travelled(Drawn(SHOTS[0], Image.fromarray(LEVELS), None, pixels))
    assert "not numbers" in arrived.reason
    assert arrived.drawn


def test_a_shot_without_an_image_arrives_with_its_reason():
    assert travelled(Unscored(SHOTS[0], "not this one")) == Unscored(SHOTS[0], "not this one")


def test_an_error_arrives_as_its_kind_with_its_sentence(tmp_path):
    for error in (OutOfMemory("too much"), MissingExtra("this", "ray"), RunBusy(tmp_path)):
        arrived = pickle.loads(pickle.dumps(Trouble.of(error))).error  # noqa: S301 - our own
        assert type(arrived) is type(error)
        assert str(arrived) == str(error)


def test_workers_draw_and_judge_as_the_local_executor_does():
    drawn = draw(Easel(10**9, processor=True), Sketch(SHOTS, {}))
    assert isinstance(drawn, Sketched)
    asked = [Pictures([each.shot.prompt], [each.levels]) for each in drawn.answers]
    judged = Rewards("fake").judged(asked)
    assert all(isinstance(each, Judged) for each in judged)
    local = LocalExecutor().answer(SHOTS, jury=Jury("fake"), parents={}, stop=Event())
    assert [score for each in judged for score in each.scores] == [
        each.score for each in local if isinstance(each, Scored)
    ]


def test_a_worker_says_what_it_lacks():
    async def required():
        worker = generators(1)(10**9, processor=True)
        return (
            await worker.require(["fake-ink"]),
            await worker.require(["sdxl"]),
            await Rewards("fake").require(),
            await Rewards("hpsv2").require(),
        )

    said = asyncio.run(required())
    assert [each and each.kind for each in said] == [None, "MissingWeights"] * 2
    shots = [replace(SHOTS[0], model="sdxl")]
    assert draw(Easel(10**9, processor=True), Sketch(shots, {})).kind == "MissingWeights"
    judged = Rewards("hpsv2").judged([Pictures(["a fox"], [LEVELS])])
    assert [each.kind for each in judged] == ["MissingWeights"]
