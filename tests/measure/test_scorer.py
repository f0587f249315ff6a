"""The library's calls: images of every kind, a reward that stays loaded, and servers."""

from __future__ import annotations

import asyncio
from threading import Event

import numpy as np
import pytest
import torch
from pictures import Width, picture
from PIL import Image

import cohp
from cohp.errors import BadImage, BadInput, MissingWeights
from cohp.measure.async_scorer import AsyncScorer
from cohp.measure.scorer import Scorer


@pytest.fixture
def album(tmp_path):
    for width in (20, 30, 25):
        picture(tmp_path / f"{width}.png", width)
    return tmp_path


def means(judged):
    return [each.score.mean for each in judged]


def test_paths_folders_pictures_and_tensors_are_scored(album):
    image = Image.open(album / "30.png")
    tensor = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1) / 255
    judged = cohp.score([album, str(album / "20.png"), image, tensor], prompt="a fox")
    assert len(judged) == 6
    assert [each.item.name for each in judged[4:]] == ["image 3", "image 4"]
    assert judged[2].score == judged[4].score == judged[5].score
    assert judged[4].image is image
    assert means(cohp.score(image, prompt="a fox")) == [judged[4].score.mean]
    assert means(cohp.score(tensor, prompt="a fox")) == [judged[4].score.mean]
    assert len(cohp.score(album / "20.png", prompt="a fox")) == 1


def test_each_image_may_have_its_own_prompt(album):
    with Scorer(reward := Width(), cache=False) as scorer:
        scorer.score([album / "20.png", album / "30.png"], prompt=["a fox", "a hare"])
        assert reward.prompts == ["a fox", "a hare"]
        with pytest.raises(BadInput, match="2 prompts for 3 images"):
            scorer.score(album, prompt=["a", "b"])
        with pytest.raises(BadInput, match="image 1 is a int"):
            scorer.score([3], prompt="a")


def test_several_rewards_are_said_side_by_side_but_one_is_followed(album):
    with Scorer(["fake", "fake*2"]) as scorer:
        (judged,) = scorer.score(album / "20.png", prompt="a fox")
        assert list(judged.said) == ["fake", "fake*2"]
        with pytest.raises(BadInput, match=r"Join them as one: fake\+fake"):
            scorer.rerank(album, prompt="a fox")


def test_the_best_come_first(album):
    ranked = cohp.rerank(album, prompt="a fox", reward=Width(), top=2)
    assert [each.judged.image.name for each in ranked] == ["30.png", "25.png"]
    assert ranked[1].row()["behind"] > 0.99


def test_two_are_compared(album):
    found = cohp.compare(album / "20.png", album / "30.png", prompt="a fox", reward=Width())
    assert found.probability < 0.01
    assert found.sentence.startswith("width prefers B")
    with pytest.raises(BadImage, match="no image file"):
        cohp.compare(album / "none.png", album / "30.png", prompt="a fox")


def test_a_reward_handed_over_is_never_cached(album):
    for _ in range(2):
        cohp.score(album, prompt="a fox", reward=(reward := Width()))
        assert sum(reward.batches) == 3


class Waiting(Width):
    """Holds its first batch until it is let go."""

    def __init__(self):
        super().__init__()
        self.asked, self.go = Event(), Event()

    def score(self, *, prompts, images):
        self.asked.set()
        assert self.go.wait(60)
        return super().score(prompts=prompts, images=images)


def test_requests_that_wait_are_judged_together_and_each_gets_its_own(album):
    reward = Waiting()

    async def serve():
        async with AsyncScorer(reward, cache=False) as scorer:
            first = asyncio.create_task(scorer.score(album / "20.png", prompt="first"))
            await asyncio.to_thread(reward.asked.wait)
            later = [
                asyncio.create_task(scorer.score(album, prompt="second")),
                asyncio.create_task(scorer.score([album / "25.png", 3], prompt="broken")),
                asyncio.create_task(scorer.score(album / "30.png", prompt="cancelled")),
                asyncio.create_task(scorer.rerank(album, prompt="third")),
                asyncio.create_task(
                    scorer.compare(album / "25.png", album / "30.png", prompt="fourth")
                ),
            ]
            await asyncio.sleep(0)
            later[2].cancel()
            await asyncio.sleep(0)
            reward.go.set()
            return await first, await asyncio.gather(*later, return_exceptions=True)

    first, (second, broken, cancelled, third, fourth) = asyncio.run(serve())
    assert means(first) == [20.0]
    assert means(second) == [20.0, 25.0, 30.0]
    assert isinstance(broken, BadInput)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert [each.score.mean for each in third] == [30.0, 25.0, 20.0]
    assert fourth.probability < 0.01
    assert reward.prompts == ["first", *["second"] * 3, *["third"] * 3, *["fourth"] * 2]
    assert len(reward.batches) < 1 + 8


def test_what_goes_wrong_reaches_whoever_waits(album, monkeypatch):
    async def load(name):
        async with AsyncScorer(name):
            pass

    with pytest.raises(MissingWeights):
        asyncio.run(load("hpsv3"))

    async def late():
        scorer = AsyncScorer("hpsv3")
        with pytest.raises(MissingWeights):
            await scorer.score(album, prompt="a fox")
        with pytest.raises(MissingWeights):
            await scorer.close()

    asyncio.run(late())

    def broken(_, *, prompts, images):
        raise ZeroDivisionError

    monkeypatch.setattr(Width, "score", broken)

    async def fail():
        async with AsyncScorer(Width(), cache=False) as scorer:
            await scorer.score(album, prompt="a fox")

    with pytest.raises(ZeroDivisionError):
        asyncio.run(fail())
