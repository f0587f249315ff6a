"""What every registered generator and reward keeps to, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cohp import registry
from cohp.errors import BadImage, BadInput
from cohp.pipelines import load as load_model
from cohp.reward import catalogue
from cohp.reward.images import as_rgb, open_image
from cohp.reward.loading import load as load_reward
from cohp.types import Drawn, Shot

GOLDEN = Path(__file__).parent / "golden"
# One model for each kind of generator that draws here; hosted ones need their service, and
# tests/pipelines/test_hosted.py gives them one.
MODELS = {"fake": "fake-ink", "diffusers": "mini-poster"}
FOLDERS = {"hpsv3++": "hpsv3pp", "hpsv2.1": "hpsv2"}
WITHOUT_FILES = {"fake", "mini-judge"}
# It has no golden weights: tests/reward check it through CLIP's.
UNTRIED = {"hpsv1"}
PROMPTS = ("a red fox at dawn", "", "ein Fuchs <|endoftext|> 狐")


def rewards() -> list[str]:
    return sorted({*catalogue.entries(), *registry.names("reward")} - UNTRIED)


@pytest.fixture(scope="module", params=rewards())
def reward(request):
    name = request.param
    place = "" if name in WITHOUT_FILES else f"={GOLDEN / FOLDERS.get(name, name)}"
    made = load_reward(f"{name}{place}", device="cpu")
    yield made
    made.close()


@pytest.fixture(scope="module")
def pictures():
    names = ("01_square", "03_wide", "04_tall")
    return [as_rgb(open_image(GOLDEN / f"images/{name}.png")) for name in names]


def test_a_score_depends_on_its_own_prompt_and_image_alone(reward, pictures):
    together = reward.score(prompts=PROMPTS, images=pictures)
    alone = [
        reward.score(prompts=[prompt], images=[image])[0]
        for prompt, image in zip(PROMPTS, pictures, strict=True)
    ]
    backwards = reward.score(prompts=PROMPTS[::-1], images=pictures[::-1])[::-1]
    for one, other, third in zip(together, alone, backwards, strict=True):
        assert one.mean == pytest.approx(other.mean, abs=1e-4)
        assert one.mean == pytest.approx(third.mean, abs=1e-4)
        assert (one.std is None) == (other.std is None)


def test_a_tensor_scores_as_its_png_would(reward, pictures):
    tensors = [
        torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1) / 255 for image in pictures
    ]
    as_images = reward.score(prompts=PROMPTS, images=pictures)
    as_tensors = reward.score(prompts=PROMPTS, images=tensors)
    assert [each.mean for each in as_tensors] == pytest.approx(
        [each.mean for each in as_images], abs=1e-4
    )


def test_an_image_made_ready_ahead_scores_as_it_does_plain(reward, pictures):
    if not hasattr(reward, "prepare"):
        pytest.skip("it takes images as they come")
    ready = [reward.prepare(image) for image in pictures]
    assert reward.score(prompts=PROMPTS, images=ready) == reward.score(
        prompts=PROMPTS, images=pictures
    )
    mixed = [ready[0], *pictures[1:]]
    assert reward.score(prompts=PROMPTS, images=mixed)[0].mean == pytest.approx(
        reward.score(prompts=PROMPTS, images=pictures)[0].mean, abs=1e-4
    )
    with pytest.raises(BadImage):
        reward.prepare(pictures[0].resize((1, 300)))


def test_a_reward_takes_keywords_only_and_says_which_weights_it_is(reward, pictures):
    with pytest.raises(TypeError):
        reward.score(PROMPTS, pictures)
    with pytest.raises(BadInput):
        reward.score(prompts=PROMPTS, images=pictures[:1])
    assert isinstance(reward.revision, str)
    assert reward.revision


def test_every_kind_of_generator_is_tried():
    assert set(MODELS) | {"hosted"} == set(registry.names("generator"))


@pytest.fixture(scope="module", params=MODELS.values())
def generator(request):
    made = load_model(request.param)
    yield request.param, made
    made.close()


def shots(model: str, parent: Shot | None = None) -> list[Shot]:
    start = {"parent": parent.id, "strength": 0.6} if parent else {}
    common = {"width": 64, "height": 64, "round": int(bool(parent)), "steps": 4, "guidance": 2.5}
    return [
        Shot(model, "a red fox at dawn", seed=seed, index=seed, **common, **start)
        for seed in range(3)
    ]


def close(one: Drawn, other: Drawn) -> bool:
    """Say whether two pictures agree but for rounding."""
    levels = [np.asarray(each.image, dtype=int) for each in (one, other)]
    return np.abs(levels[0] - levels[1]).max() <= 1


def test_each_shot_is_answered_in_order_and_as_if_alone(generator):
    model, drawer = generator
    asked = shots(model)
    together = list(drawer.draw(asked, {}))
    assert [each.shot for each in together] == asked
    for drawn in together:
        (alone,) = drawer.draw([drawn.shot], {})
        assert close(drawn, alone)
        assert drawn.image.size == (64, 64)
        assert drawn.image.mode == "RGB"
        assert isinstance(drawn.latents, np.ndarray)
    assert not close(together[0], together[1])


def test_a_child_is_drawn_from_its_parents_latents_or_from_its_image(generator):
    model, drawer = generator
    (parent,) = drawer.draw(shots(model)[:1], {})
    asked = shots(model, parent.shot)
    warm = list(drawer.draw(asked, {parent.shot.id: parent}))
    fresh = load_model(model)
    kept = Drawn(parent.shot, parent.image, parent.latents)
    cold = list(fresh.draw(asked, {parent.shot.id: kept}))
    assert all(close(one, other) for one, other in zip(warm, cold, strict=True))
    assert [each.true_start for each in warm] == [each.true_start for each in cold]
    bare = list(fresh.draw(asked, {parent.shot.id: Drawn(parent.shot, parent.image)}))
    assert [each.shot for each in bare] == asked
    fresh.close()


def test_a_generator_says_which_weights_it_is(generator):
    assert isinstance(generator[1].revision, str)
    assert generator[1].revision
