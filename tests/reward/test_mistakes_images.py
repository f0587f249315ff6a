"""Each plausible way to see an image wrongly is outside the tolerance of the golden sets.

Were one of these to pass within it, the parity tests could not tell right from wrong.
"""

from __future__ import annotations

import pytest
import torch
from golden_cases import GOLDEN, cases, fresh, loaded, misses, picture
from PIL import Image
from torch import nn
from torch.nn.functional import interpolate
from transformers import AutoImageProcessor

from cohp.reward import clip_images, mps
from cohp.reward.clip_images import (
    letterbox,
    normalised,
    openai_crop,
    tensor_crop,
    transformers_crop,
    unit,
)
from cohp.reward.images import as_rgb


def blunt(pixels, high, wide):
    """Resize without antialiasing."""
    return interpolate(pixels[None], size=(high, wide), mode="bicubic", align_corners=False)[0]


def clamped(pixels, high, wide):
    """Resize and cut off what overshoots."""
    sharp = interpolate(pixels[None], size=(high, wide), mode="bicubic", antialias=True)[0]
    return sharp.clamp(0, 1)


def pillow(pixels, high, wide):
    """Resize eight-bit levels, as every other reward does."""
    levels = (pixels * 255).round().byte().permute(1, 2, 0).numpy()
    return unit(Image.fromarray(levels).resize((wide, high), clip_images.BICUBIC))


def corner(image, size):
    """Put the picture in a corner of the black square."""
    scale = size / max(image.size)
    wide, high = round(image.width * scale), round(image.height * scale)
    small = clip_images.resized(unit(as_rgb(image)), high, wide)
    return normalised(nn.functional.pad(small, (0, size - wide, 0, size - high)))


def grey_border(image, size):
    """Put the border on after normalising, where zero is not black."""
    scale = size / max(image.size)
    wide, high = round(image.width * scale), round(image.height * scale)
    small = normalised(clip_images.resized(unit(as_rgb(image)), high, wide))
    left, top = (size - wide) // 2, (size - high) // 2
    return nn.functional.pad(small, (left, size - wide - left, top, size - high - top))


@pytest.mark.parametrize(
    "wrong", [openai_crop, transformers_crop, tensor_crop, corner, grey_border]
)
def test_hpsv2_is_letterboxed(wrong):
    reward = fresh("hpsv2")
    reward.squaring = wrong
    assert misses("hpsv2", reward)


@pytest.mark.parametrize("wrong", [blunt, clamped, pillow])
def test_hpsv2_resizes_floats_with_antialiasing_and_keeps_the_overshoot(monkeypatch, wrong):
    monkeypatch.setattr(clip_images, "resized", wrong)
    assert misses("hpsv2", fresh("hpsv2"))


def test_without_antialiasing_hpsv2_gives_what_its_reference_gives_without(monkeypatch):
    monkeypatch.setattr(clip_images, "resized", blunt)
    assert misses("hpsv2", fresh("hpsv2"), "score_no_antialias") == []


def test_the_two_crops_of_clip_differ_and_each_is_its_references(monkeypatch):
    found = misses("clip", loaded("clip"), "cosine_openai_preprocess")
    assert found
    monkeypatch.setattr("cohp.reward.clipscore.transformers_crop", openai_crop)
    assert misses("clip", fresh("clip"), "cosine_openai_preprocess") == []
    assert misses("clip", fresh("clip")) == found


def test_the_aesthetic_head_sees_openais_crop(monkeypatch):
    monkeypatch.setattr("cohp.reward.aesthetic.openai_crop", transformers_crop)
    assert misses("aesthetic", fresh("aesthetic"))
    assert misses("aesthetic", fresh("aesthetic"), "score_hf_preprocess") == []


@pytest.mark.parametrize("wrong", [letterbox, tensor_crop])
def test_pickscore_is_cropped_by_pillow(monkeypatch, wrong):
    monkeypatch.setattr("cohp.reward.clipscore.transformers_crop", wrong)
    assert misses("pickscore", fresh("pickscore"))


def test_our_transformers_crop_is_transformers_own():
    processor = AutoImageProcessor.from_pretrained(GOLDEN / "clip", backend="pil")
    for case in cases("aesthetic"):
        theirs = processor(as_rgb(picture(case)), return_tensors="pt")["pixel_values"][0]
        assert torch.allclose(transformers_crop(picture(case), 224), theirs, atol=1e-6)


@pytest.mark.parametrize("name", ["imagereward", "aesthetic"])
def test_openais_crop_resizes_before_it_turns_to_rgb(monkeypatch, name):
    def early(image, size):
        return openai_crop(as_rgb(image), size)

    monkeypatch.setattr(f"cohp.reward.{name}.openai_crop", early)
    found = misses(name, fresh(name))
    images = {case["image"][7:9] for case in cases(name) if case["id"] in found}
    # A palette is resized by nearest neighbour, and alpha weighs the colours beside it.
    assert "09" in images
    assert images <= {"06", "09", "14"}


def test_mps_resizes_floats(monkeypatch):
    monkeypatch.setattr(mps, "tensor_crop", transformers_crop)
    assert misses("mps", fresh("mps"))
    assert misses("mps", fresh("mps"), "score_hf_preprocess") == []


@pytest.mark.parametrize("wrong", [blunt, clamped])
def test_mps_resizes_with_antialiasing_and_keeps_the_overshoot(monkeypatch, wrong):
    monkeypatch.setattr(clip_images, "resized", wrong)
    assert misses("mps", fresh("mps"))
