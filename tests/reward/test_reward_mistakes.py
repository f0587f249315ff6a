"""Each plausible way to compute a score wrongly is outside the tolerance of the golden sets.

Were one of these to pass within it, the parity tests could not tell right from wrong.
"""

from __future__ import annotations

import html

import pytest
import torch
from golden_cases import GOLDEN, cases, fresh, loaded, misses, picture, scored, tolerance
from PIL import Image
from torch import nn
from torch.nn.functional import gelu, interpolate
from transformers import AutoImageProcessor

from cohp.reward import clip_images, hpsv2, imagereward, mps
from cohp.reward.clip_images import (
    letterbox,
    normalised,
    openai_crop,
    tensor_crop,
    transformers_crop,
    unit,
)
from cohp.reward.clip_text import tidied
from cohp.reward.images import as_rgb
from cohp.reward.open_clip_layout import quick_gelu


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


class Activation(nn.Module):
    """A function where transformers wants a module."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


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


@pytest.mark.parametrize(
    "wrong", [str, lambda text: " ".join(html.unescape(html.unescape(text)).split()).lower()]
)
def test_hpsv2_mends_its_prompts(monkeypatch, wrong):
    monkeypatch.setattr(hpsv2, "tidied", wrong)
    found = misses("hpsv2", fresh("hpsv2"))
    names = {case["prompt_name"] for case in cases("hpsv2") if case["id"] in found}
    assert "unicode" in names
    assert names <= {"unicode", "html"}


def test_html_is_unescaped_twice_even_where_ftfy_lets_it_be():
    """A literal < tells ftfy that a text is HTML already; the reference unescapes all the same."""
    assert tidied("<i> &amp;lt; &eacute;  A\nB ") == "<i> < é a b"
    for case in cases("hpsv2"):
        assert tidied(case["prompt"]) == case["details"]["cleaned_prompt"]


def test_hpsv2_is_the_cosine_without_the_learned_scale():
    reward = fresh("hpsv2")
    reward.scale = float(reward._model.logit_scale.exp())
    assert len(misses("hpsv2", reward)) == len(cases("hpsv2"))


@pytest.mark.parametrize("name", ["hpsv2", "pickscore", "mps"])
def test_gelu_is_not_approximated(name):
    reward = fresh(name)
    swapped = 0
    for module in reward._model.modules():
        for attribute in ("act", "activation_fn"):
            if hasattr(module, attribute):
                setattr(module, attribute, Activation(quick_gelu))
                swapped += 1
    assert swapped >= 4
    assert misses(name, reward)


@pytest.mark.parametrize("name", ["clip", "aesthetic"])
def test_openais_own_clip_does_approximate_gelu(name):
    reward = fresh(name)
    for module in reward._model.modules():
        if hasattr(module, "activation_fn"):
            module.activation_fn = Activation(gelu)
    assert misses(name, reward)


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


def test_the_aesthetic_head_reads_directions(monkeypatch):
    monkeypatch.setattr("cohp.reward.clip_towers.directions", lambda vectors: vectors)
    assert len(misses("aesthetic", fresh("aesthetic"))) == len(cases("aesthetic"))


def test_pickscore_has_its_learned_scale():
    reward = fresh("pickscore")
    reward.means = reward.cosines
    assert len(misses("pickscore", reward)) >= len(cases("pickscore")) - 1
    assert misses("pickscore", reward, "cosine") == []


@pytest.mark.parametrize("wrong", [letterbox, tensor_crop])
def test_pickscore_is_cropped_by_pillow(monkeypatch, wrong):
    monkeypatch.setattr("cohp.reward.clipscore.transformers_crop", wrong)
    assert misses("pickscore", fresh("pickscore"))


def test_our_transformers_crop_is_transformers_own():
    processor = AutoImageProcessor.from_pretrained(GOLDEN / "clip", backend="pil")
    for case in cases("aesthetic"):
        theirs = processor(as_rgb(picture(case)), return_tensors="pt")["pixel_values"][0]
        assert torch.allclose(transformers_crop(picture(case), 224), theirs, atol=1e-6)


def test_pickscore_and_clip_do_not_mend_their_prompts():
    """Their references use transformers' tokenizer, which does not; HTML stays HTML."""
    for name in ("pickscore", "clip"):
        (case,) = (case for case in cases(name)[:50] if case["id"] == html_case(name))
        mended = {**case, "prompt": tidied(case["prompt"])}
        gap = abs(scored(loaded(name), [mended])[0] - scored(loaded(name), [case])[0])
        assert gap > tolerance(name)


def html_case(name):
    return next(case["id"] for case in cases(name) if case["prompt_name"] == "html")


def test_imagereward_has_blips_norms():
    """The golden weights are too lively to tell 1e-5 from 1e-6: small ones do."""
    model = loaded("imagereward")._model
    norms = [each for each in model["vision"].modules() if isinstance(each, nn.LayerNorm)]
    assert {norm.eps for norm in norms} == {1e-6}
    assert {each.eps for each in model["text"].modules() if isinstance(each, nn.LayerNorm)} == {
        1e-12
    }
    means = []
    for eps in (1e-6, 1e-5):
        reward = fresh("imagereward")
        vision = reward._model["vision"]
        for weight in vision.embeddings.parameters():
            weight.mul_(0.01)
        for norm in vision.modules():
            if isinstance(norm, nn.LayerNorm):
                norm.eps = eps
        means.append(scored(reward, cases("imagereward")[:1])[0])
    assert abs(means[0] - means[1]) > tolerance("imagereward")


@pytest.mark.parametrize("longest", [34, 36, 77])
def test_imagereward_reads_thirty_five_tokens(monkeypatch, longest):
    monkeypatch.setattr(imagereward, "LONGEST", longest)
    found = misses("imagereward", fresh("imagereward"))
    names = {case["prompt_name"] for case in cases("imagereward") if case["id"] in found}
    assert "long" in names
    assert "plain" not in names


def test_imagereward_is_standardised(monkeypatch):
    monkeypatch.setattr(imagereward, "MEAN", 0.0)
    assert len(misses("imagereward", fresh("imagereward"))) == len(cases("imagereward"))


def test_imagereward_reads_the_whole_prompt_and_not_left_to_right():
    reward = fresh("imagereward")
    text = reward._model.get_submodule("text")
    plain = text.forward
    text.forward = lambda *args, **options: plain(*args, **{**options, "is_decoder": True})
    assert misses("imagereward", reward)


def test_imagereward_hides_the_padding():
    reward = fresh("imagereward")
    words = reward._words
    reward._words = lambda prompts: (words(prompts, full=True)[0], torch.ones(len(prompts), 35))
    assert misses("imagereward", reward)


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


def test_mps_divides_by_each_pairs_own_maximum(monkeypatch):
    """Done the reference's way, over the whole batch, a score depends on its neighbours."""
    reward = fresh("mps")
    quiet, loud = cases("mps")[0], {**cases("mps")[1], "prompt": "loud"}
    read = reward._read

    def shouted(texts):
        words, ends = read(texts)
        volume = torch.tensor([1000.0 if text == "loud" else 1.0 for text in texts])
        return words * volume[:, None, None], ends

    reward._read = shouted
    alone = scored(reward, [quiet])[0]
    assert scored(reward, [quiet, loud])[0] == pytest.approx(alone, abs=1e-5)

    plain = torch.Tensor.amax

    def whole_batch(tensor, dim, keepdim=False):
        return tensor.max() if keepdim else plain(tensor, dim)

    monkeypatch.setattr(torch.Tensor, "amax", whole_batch)
    beside = scored(reward, [quiet, loud])[0]
    assert not abs(beside - alone) <= tolerance("mps")


def test_mps_resizes_floats(monkeypatch):
    monkeypatch.setattr(mps, "tensor_crop", transformers_crop)
    assert misses("mps", fresh("mps"))
    assert misses("mps", fresh("mps"), "score_hf_preprocess") == []


@pytest.mark.parametrize("wrong", [blunt, clamped])
def test_mps_resizes_with_antialiasing_and_keeps_the_overshoot(monkeypatch, wrong):
    monkeypatch.setattr(clip_images, "resized", wrong)
    assert misses("mps", fresh("mps"))


def test_mps_looks_at_the_padding_too():
    reward = fresh("mps")
    words = reward._towers.words
    reward._towers.words = lambda texts, *, full=False: words(texts, full=full and len(texts) > 99)
    assert misses("mps", reward)


def test_mps_asks_for_the_overall_condition(monkeypatch):
    monkeypatch.setattr(mps, "CONDITION", "color")
    assert misses("mps", fresh("mps"))
