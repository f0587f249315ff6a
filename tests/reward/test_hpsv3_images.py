"""Every kind of picture the HPSv3 family is given: read as its PNG would be, or refused."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from cohp.errors import BadImage
from cohp.reward.hpsv3 import HPSv3
from cohp.reward.images import as_rgb
from cohp.reward.qwen_images import fitted, levels, normalised, patches, picture_size, resized
from cohp.reward.qwen_sight import PIXELS

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = json.loads((GOLDEN / "hpsv3" / "manifest.json").read_text("utf-8"))["cases"]
SIDES = some.integers(1, 4000)


@pytest.fixture(scope="module")
def reward():
    return HPSv3(GOLDEN / "hpsv3")


@pytest.mark.parametrize("case", CASES[:14], ids=lambda case: case["image"])
def test_pixels_are_the_references(case):
    """Its patches hold every frame twice, ours once: the first half of each of its rows."""
    image = as_rgb(Image.open(GOLDEN / case["image"]))
    high, wide = fitted(image.height, image.width, 28, PIXELS)
    assert [high, wide] == case["details"]["resized_hw"]
    rows = normalised(patches(levels(resized(image, high, wide)), 14), HPSv3.MEAN, HPSv3.STD)
    known = case["details"]["pixel_values"]
    assert float(rows.double().sum()) * 2 == pytest.approx(known["sum"], abs=0.5)
    assert rows[0, :8].tolist() == pytest.approx(known["first8"], abs=1e-5)
    kept = np.load(GOLDEN / "hpsv3" / "intermediates.npz")
    name = f"{case['id']}/pixel_values_f16_every_16th_row"
    if name in kept.files:
        theirs = kept[name].reshape(-1, 3, 2, 196)
        np.testing.assert_allclose(rows[::16].reshape(-1, 3, 196), theirs[:, :, 0], atol=2e-3)


def test_a_tensor_scores_exactly_as_its_png(reward):
    tensor = torch.rand(3, 90, 130, generator=torch.Generator().manual_seed(0)) * 1.04 - 0.02
    array = (tensor.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(array).save(file, "png")
    pictures = [tensor, tensor.double(), Image.open(file)]
    assert len({as_rgb(picture).tobytes() for picture in pictures}) == 1
    first, *others = (one.mean for one in reward.score(prompts=["a"] * 3, images=pictures))
    assert others == pytest.approx([first, first], abs=1e-5)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_tensor_with_a_value_that_is_no_number_is_refused(reward, value):
    tensor = torch.rand(3, 64, 64)
    tensor[1, 5, 5] = value
    with pytest.raises(BadImage, match="not numbers"):
        reward.score(prompts=["a"], images=[tensor])


@pytest.mark.parametrize("shape", [(1, 64, 64), (64, 64, 3), (64, 64), (1, 3, 64, 64)])
def test_a_tensor_is_three_channels_first(reward, shape):
    with pytest.raises(BadImage, match="height, width"):
        reward.score(prompts=["a"], images=[torch.rand(shape)])


@pytest.mark.parametrize("size", [(500, 1), (1, 500), (2001, 10)])
def test_sides_beyond_two_hundred_to_one_are_refused(reward, size):
    with pytest.raises(BadImage, match="200:1"):
        reward.score(prompts=["a"], images=[Image.new("RGB", size)])


def test_an_empty_image_is_refused():
    with pytest.raises(BadImage, match="nothing to see"):
        picture_size(torch.rand(3, 0, 64))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (200, 1), (1, 200), (4000, 20)])
def test_odd_sizes_score(reward, size):
    (score,) = reward.score(prompts=["a"], images=[Image.new("RGB", size, "teal")])
    assert math.isfinite(score.mean)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_every_mode_of_eight_bits_scores_as_its_rgb(reward, mode):
    original = Image.open(GOLDEN / "images" / "05_odd.png").convert("RGB")
    image = original if mode == "LAB" else original.convert(mode)
    first, second = reward.score(prompts=["a"] * 2, images=[image, image.convert("RGB")])
    assert first.mean == pytest.approx(second.mean, abs=1e-5)


def test_sixteen_bits_keep_the_upper_eight(reward):
    grey = np.asarray(Image.open(GOLDEN / "images" / "07_gray.png").convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    first, second = reward.score(prompts=["a"] * 2, images=[deep, Image.fromarray(grey)])
    assert first.mean == pytest.approx(second.mean, abs=1e-5)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_a_mode_without_a_white_is_refused(reward, mode):
    with pytest.raises(BadImage, match="where white is"):
        reward.score(prompts=["a"], images=[Image.new(mode, (64, 64))])


def test_a_file_that_is_cut_short_is_refused(reward):
    whole = (GOLDEN / "images" / "02_large.png").read_bytes()
    image = Image.open(io.BytesIO(whole[: len(whole) // 2]))
    with pytest.raises(BadImage, match="cannot be read"):
        reward.score(prompts=["a"], images=[image])


def test_an_animation_is_scored_by_its_first_frame(reward):
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:])
    first, second = reward.score(prompts=["a"] * 2, images=[Image.open(file), frames[0]])
    assert first.mean == pytest.approx(second.mean, abs=1e-5)


@given(SIDES, SIDES)
def test_a_fitted_size_has_whole_tokens_and_a_bounded_area(height, width):
    if max(height, width) > 200 * min(height, width):
        return
    high, wide = fitted(height, width, 28, PIXELS)
    assert high % 28 == 0
    assert wide % 28 == 0
    assert high * wide <= 2.2 * PIXELS
