"""HPSv3++ against its reference: every golden case, and what each way of getting it wrong costs."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from qwen_cases import GOLDEN, Cases
from torch import nn

from cohp.errors import BadInput
from cohp.reward import qwen, qwen_images
from cohp.reward.hpsv3 import HPSv3
from cohp.reward.hpsv3pp import HPSv3PP
from cohp.reward.images import as_rgb
from cohp.reward.qwen_text import Wording

CASES = Cases("hpsv3pp")
MANIFEST, TOLERANCE = CASES.manifest, CASES.tolerance
EVERY, PLAIN = CASES.every, CASES.plain
asked, distance = CASES.asked, CASES.distance
TYPED = [case["prompt"] for case in EVERY.values() if "kind" in case]
TYPED += [case["prompt"] for case in MANIFEST["reference_errors"]]


@pytest.fixture(scope="module")
def loaded():
    return HPSv3PP(GOLDEN / "hpsv3pp", batch=4)


@pytest.fixture
def reward(loaded, monkeypatch):
    monkeypatch.setattr(loaded, "iter_step", 0.0)
    return loaded


@pytest.mark.parametrize("name", PLAIN)
def test_a_case_scores_as_in_the_reference(reward, name):
    reward.iter_step = EVERY[name]["iter_step"]
    (score,) = reward.score(**asked(name))
    assert score.mean == pytest.approx(EVERY[name]["expected"]["mu"], abs=TOLERANCE)
    assert math.log(score.std) == pytest.approx(EVERY[name]["expected"]["raw1"], abs=TOLERANCE)


@pytest.mark.parametrize("batch", MANIFEST["batches"], ids=lambda batch: batch["id"])
def test_a_batch_scores_each_image_on_its_own_capability(reward, batch):
    for place, name in enumerate(batch["case_ids"]):
        reward.iter_step = batch["iter_step"][place]
        together = reward.score(**asked(*batch["case_ids"]))[place]
        assert together.mean == pytest.approx(batch["mu"][place], abs=TOLERANCE)
        assert math.log(together.std) == pytest.approx(batch["raw1"][place], abs=TOLERANCE)
        (alone,) = reward.score(**asked(name))
        assert together.mean == pytest.approx(alone.mean, abs=1e-5)


@pytest.mark.parametrize("name", ["h3pp_000", "h3pp_011", "h3pp_039"])
def test_capability_and_vector_are_the_references(reward, name):
    kept = np.load(GOLDEN / "hpsv3pp" / "intermediates.npz")[f"{name}/hidden_at_reward"]
    vectors = reward.embed(**asked(name))
    np.testing.assert_allclose(vectors[0], kept, atol=TOLERANCE)
    with torch.inference_mode():
        found = float(reward.capability(vectors))
    assert found == pytest.approx(EVERY[name]["details"]["capability"], abs=TOLERANCE)


def test_tokens_and_positions_are_the_references_up_to_the_reward(reward):
    kept = np.load(GOLDEN / "hpsv3pp" / "intermediates.npz")
    for name in PLAIN:
        details = EVERY[name]["details"]
        end = details["reward_token_index"] + 1
        if f"{name}/input_ids" in kept.files:
            ids = reward._text.ids(EVERY[name]["prompt"], details["n_image_tokens"])
            assert ids == kept[f"{name}/input_ids"][:end].tolist()
        grid = tuple(details["image_grid_thw"][1:])
        positions = reward.positions(reward._text.image_start, grid, end)
        assert positions[:, -1].tolist() == details["reward_token_position"]
        if f"{name}/position_ids" in kept.files:
            assert positions.tolist() == kept[f"{name}/position_ids"][:, :end].tolist()


@pytest.mark.parametrize("name", PLAIN)
def test_an_image_is_seen_at_the_references_size(reward, name):
    image = Image.open(GOLDEN / EVERY[name]["image"])
    size = tuple(EVERY[name]["details"]["resized_hw"])
    assert reward.fitted(image.height, image.width) == size
    assert reward.pixels(as_rgb(image)).shape == (3, *size)


@pytest.mark.parametrize("typed", TYPED)
def test_special_tokens_typed_by_a_user_are_plain_text(reward, typed):
    ids = reward._text.ids(typed, 200)
    assert ids.count(reward._text.reward_id) == 1
    assert ids.count(reward._text._special["<|image_pad|>"]) == 200
    assert not {reward._text._special["<think>"], reward._text._special["<|im_end|>"]} & {*ids}
    image = Image.open(GOLDEN / EVERY["h3pp_000"]["image"])
    prompt = EVERY["h3pp_000"]["prompt"]
    neighbour, _ = reward.score(prompts=[prompt, typed], images=[image, image])
    assert neighbour.mean == pytest.approx(EVERY["h3pp_000"]["expected"]["mu"], abs=TOLERANCE)


# Every plausible mistake is made once, to show that the tests above would see it.

WITNESSES = ["h3pp_000", "h3pp_001", "h3pp_003"]
FAR = 100 * TOLERANCE


def test_counted_positions_would_be_seen(reward, monkeypatch):
    counted = lambda start, grid, length: HPSv3.positions(reward, start, grid, length)  # noqa: E731
    monkeypatch.setattr(reward, "positions", counted)
    assert distance(reward, *WITNESSES) > FAR


def test_a_system_message_would_be_seen(reward, monkeypatch):
    worded = Wording(HPSv3.WORDING.system, HPSv3PP.WORDING.instruction)
    monkeypatch.setattr(reward._text, "_wording", worded)
    monkeypatch.setattr(reward._text, "_opening", reward._text._open())
    assert distance(reward, *WITNESSES) > FAR


def test_the_other_instruction_would_be_seen(reward, monkeypatch):
    monkeypatch.setattr(reward._text, "_wording", Wording(None, HPSv3.WORDING.instruction))
    assert distance(reward, *WITNESSES) > FAR


def test_leaving_out_deepstack_would_be_seen(reward, monkeypatch):
    shallow = lambda *asked, see=qwen.see: (see(*asked)[0], [])  # noqa: E731
    monkeypatch.setattr(qwen, "see", shallow)
    assert distance(reward, *WITNESSES) > FAR


def test_leaving_out_the_first_resize_would_be_seen(reward, monkeypatch):
    def once(image):
        first = qwen_images.levels(image)[None]
        size = reward.fitted(image.height, image.width)
        return nn.functional.interpolate(first, size, mode="bicubic", antialias=True)[0]

    monkeypatch.setattr(reward, "pixels", once)
    assert distance(reward, *WITNESSES) > 20 * TOLERANCE


def test_the_second_resize_by_pillow_would_be_seen(reward, monkeypatch):
    def pillow(image):
        first = qwen_images.resized(image, *reward._first(image.height, image.width))
        size = reward.fitted(image.height, image.width)
        return qwen_images.levels(qwen_images.resized(first, *size))

    monkeypatch.setattr(reward, "pixels", pillow)
    worst = max(
        (abs(case["details"]["mu_slow_image_processor"] - case["expected"]["mu"]), name)
        for name, case in PLAIN.items()
        if case["iter_step"] == 0
    )
    assert distance(reward, worst[1]) > 10 * TOLERANCE


def test_bilinear_resizing_would_be_seen(reward, monkeypatch):
    monkeypatch.setattr(qwen_images, "RESAMPLE", Image.Resampling.BILINEAR)
    assert distance(reward, *WITNESSES) > FAR


def test_another_gelu_would_be_seen(reward, monkeypatch):
    for block in reward._model.visual.blocks:
        monkeypatch.setitem(block.mlp._modules, "act_fn", nn.SiLU())
    assert distance(reward, *WITNESSES) > 20 * TOLERANCE


def test_a_pooled_capability_would_be_seen(reward, monkeypatch):
    own = reward.capability
    pooled = lambda vectors: own(vectors).mean(0, keepdim=True).expand(len(vectors), 1)  # noqa: E731
    monkeypatch.setattr(reward, "capability", pooled)
    assert distance(reward, *WITNESSES) > FAR


def test_the_step_counts(reward):
    plain = reward.score(**asked("h3pp_000"))
    reward.iter_step = 1.0
    assert abs(reward.score(**asked("h3pp_000"))[0].mean - plain[0].mean) > FAR


@pytest.mark.parametrize("step", [-0.1, math.nan, math.inf])
def test_a_step_is_a_number_from_zero_up(step):
    with pytest.raises(BadInput, match="iter_step"):
        HPSv3PP(GOLDEN / "hpsv3pp", iter_step=step)


def test_the_revision_tells_the_step(loaded):
    stepped = HPSv3PP(GOLDEN / "hpsv3pp", iter_step=0.5).revision
    assert stepped == f"{loaded.revision}+step0.5"
