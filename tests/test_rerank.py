"""Images that exist already: batches, refusals, and ensembles over all of them."""

from __future__ import annotations

import pytest
from PIL import Image

from cohp.errors import BadImage
from cohp.rerank import judge
from cohp.reward.combine import Member
from cohp.reward.ensemble import Ensemble
from cohp.reward.fake import FakeReward
from cohp.types import Score


class Width(FakeReward):
    """Likes wide images, refuses those of 13 pixels, and remembers its batches."""

    def __init__(self):
        self.batches = []

    def score(self, *, prompts, images):
        self.batches.append(len(images))
        if any(image.width == 13 for image in images):
            raise BadImage("thirteen")
        return [Score(float(image.width)) for image in images]


@pytest.fixture
def paths(tmp_path):
    made = []
    for width in range(10, 30):
        made.append(tmp_path / f"{width}.png")
        image = Image.effect_noise((width, 16), 50)
        image.save(made[-1])
    return made


def test_images_are_scored_in_batches_and_in_order(paths):
    reward = Width()
    judged = list(judge(paths[4:], "a fox", {"width": reward}))
    assert [each.score.mean for each in judged] == [float(path.stem) for path in paths[4:]]
    assert max(reward.batches) > 1


def test_an_image_the_reward_refuses_costs_no_other_its_score(paths):
    judged = list(judge(paths, "a fox", {"width": Width()}))
    assert [each.image for each in judged] == paths
    assert [each.error for each in judged if each.error] == ["thirteen"]
    assert len([each for each in judged if each.score]) == len(paths) - 1


def test_an_ensemble_is_read_on_the_scale_of_all_images(paths):
    both = Ensemble({Member("width"): Width(), Member("fake"): FakeReward()})
    (paths[3]).write_bytes(b"no image")
    judged = list(judge(paths, "a fox", {"both": both, "width": Width()}))
    assert [each.reward for each in judged[-len(paths) :]] == ["both"] * len(paths)
    means = [each.score.mean for each in judged[-len(paths) :] if each.score]
    assert sum(means) == pytest.approx(0, abs=1e-9)
    assert judged[-len(paths) + 3].error


def test_an_ensemble_of_nothing_but_bad_images_says_so(tmp_path):
    both = Ensemble({Member("width"): Width(), Member("fake"): FakeReward()})
    (judged,) = judge([tmp_path / "none.png"], "a fox", {"both": both})
    assert "no image file" in judged.error
