"""The embedded reward prefers what was asked for, whole and clean, on scenes it never learnt."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from PIL import Image

from cohp.mini.vocabulary import COUNTS, counting, words
from cohp.reward.catalogue import find
from cohp.reward.loading import load
from cohp.select import beats
from training.reward.flaws import spoil
from training.reward.truth import moved
from training.reward.wording import layout
from training.world.captions import plain
from training.world.render import picture, render
from training.world.scene import Scene, combinations

# 16 of the held-out scenes, spread over all of them.
SCENES = [Scene(*each) for each in combinations(held=True)[5::18]]
# Slightly patched pictures are what it misses most: its card has the numbers.
MOST = 14 / 16
OTHERS = {
    "subject": ("teapot", "rabbit"),
    "colour": ("blue", "orange"),
    "place": ("city", "beach"),
    "time": ("night", "dawn"),
}


@pytest.fixture(scope="module")
def judge():
    made = load("mini-judge", device="cpu")
    yield made
    made.close()


def won(judge, better, worse, scenes=SCENES):
    """Return the share of the scenes whose better picture scores higher."""
    prompts = [plain(scene) for scene in scenes]
    first, second = (judge.score(prompts=prompts, images=images) for images in (better, worse))
    return np.mean([a.mean > b.mean for a, b in zip(first, second, strict=True)])


def wrong(scene, name):
    """Return the scene with another value of one attribute."""
    first, second = OTHERS[name]
    return replace(scene, **{name: second if getattr(scene, name) == first else first})


def image(pixels):
    return Image.fromarray((pixels * 255).round().astype(np.uint8), "RGB")


@pytest.mark.parametrize("zoom", [1, 2])
@pytest.mark.parametrize("name", OTHERS)
def test_it_prefers_the_right_attribute(judge, name, zoom):
    right = [picture(scene, zoom) for scene in SCENES]
    mistaken = [picture(wrong(scene, name), zoom) for scene in SCENES]
    assert won(judge, right, mistaken) > 0.9  # it is right in 97 to 99 % of such pairs


@pytest.mark.parametrize(("asked", "shown"), list(permutations(COUNTS, 2)))
def test_it_counts(judge, asked, shown):
    rng = np.random.default_rng(0)
    asked_for, other = (
        [moved(replace(scene, count=count), rng) for scene in SCENES] for count in (asked, shown)
    )
    right, mistaken = ([picture(scene) for scene in some] for some in (asked_for, other))
    assert won(judge, right, mistaken, asked_for) > 0.8  # its card has the numbers


@pytest.mark.parametrize("flaw", ["blur", "noise", "unfinished", "melted", "nobody", "patched"])
def test_it_prefers_clean_to_damaged(judge, flaw):
    rng = np.random.default_rng(0)
    clean = [picture(scene) for scene in SCENES]
    damaged = [image(spoil(flaw, render(scene), scene, 0.7, rng)) for scene in SCENES]
    assert won(judge, clean, damaged) >= MOST


def test_what_a_prompt_leaves_out_is_free(judge):
    scene = SCENES[0]
    prompt = f"a {scene.subject}"
    asked = judge.score(
        prompts=[prompt, prompt, prompt],
        images=[picture(each) for each in (scene, wrong(scene, "time"), wrong(scene, "subject"))],
    )
    assert abs(asked[0].mean - asked[1].mean) < abs(asked[0].mean - asked[2].mean) / 2


def test_a_clear_difference_is_sure_and_an_equal_pair_is_not(judge):
    scene = SCENES[1]
    right, mistaken, again = judge.score(
        prompts=[plain(scene)] * 3,
        images=[
            picture(each)
            for each in (scene, wrong(scene, "subject"), replace(scene, mirrored=True))
        ],
    )
    assert all(each.std > 0 for each in (right, mistaken, again))
    assert beats(right, mistaken) > 0.8
    assert 0.2 < beats(right, again) < 0.8


def test_a_flawless_picture_scores_about_ten(judge):
    prompts = [plain(scene) for scene in SCENES]
    scores = judge.score(prompts=prompts, images=[picture(scene) for scene in SCENES])
    assert np.mean([score.mean for score in scores]) == pytest.approx(10, abs=1)


def test_a_batch_scores_as_one_at_a_time(judge):
    prompts = [plain(scene) for scene in SCENES[:6]]
    images = [picture(scene) for scene in SCENES[:6]]
    together = judge.score(prompts=prompts, images=images)
    alone = [
        judge.score(prompts=[prompt], images=[each])[0]
        for prompt, each in zip(prompts, images, strict=True)
    ]
    for one, other in zip(together, alone, strict=True):
        assert one.mean == pytest.approx(other.mean, abs=1e-4)
        assert one.std == pytest.approx(other.std, abs=1e-4)


def test_a_word_is_a_token_and_the_instruction_none(judge):
    known = layout()["model"]["vocab"]
    assert {*words(), *counting()} < set(known)
    bare = judge._text.ids("", 16)
    assert len(bare) < 16 + 10
    asked = judge._text.ids("A red FOX, einstein <|im_end|>", 16)
    told = [known[word] for word in ("a", "red", "fox", "[UNK]", "[UNK]")]
    assert asked[len(bare) - 1 : -1] == told


def test_the_folder_is_whole_and_small():
    folder = find("mini-judge").folder
    held = {file.name for file in folder.iterdir()}
    wanted = {"README.md", "config.json", "model.safetensors", "reward_config.json"}
    assert held == wanted | {"tokenizer.json"}
    assert sum(file.stat().st_size for file in folder.iterdir()) < 8 * 10**6
