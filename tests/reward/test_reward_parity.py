"""Every golden case within its tolerance, alone and in a batch, from a PNG and from a tensor."""

from __future__ import annotations

import json
import random
import shutil

import numpy as np
import pytest
import torch
from golden_cases import (
    GOLDEN,
    REWARDS,
    cases,
    fresh,
    loaded,
    manifest,
    misses,
    picture,
    scored,
    tolerance,
)
from safetensors.torch import load_file, save_file

from cohp.reward.hpsv1 import HPSv1
from cohp.reward.images import as_rgb
from cohp.types import Score

CASES = [
    pytest.param(name, case, id=case["id"]) for name in REWARDS for case in manifest(name)["cases"]
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_case_scores_as_in_the_reference(name, case):
    (mean,) = scored(loaded(name), [case])
    expected = case["expected"][REWARDS[name][1]]
    if expected is None:
        # The reference keeps the fourth channel and fails; here RGBA is read as RGB.
        same = loaded(name).score(prompts=[case["prompt"]], images=[as_rgb(picture(case))])
        assert mean == same[0].mean
    else:
        assert mean == pytest.approx(expected, abs=tolerance(name), rel=0)


@pytest.mark.parametrize("name", REWARDS)
def test_a_batch_in_any_order_scores_as_each_alone(name):
    some = cases(name)
    random.Random(3).shuffle(some)
    alone = [scored(loaded(name), [case])[0] for case in some]
    for batch in (2, 5, 64):
        together = scored(fresh(name, batch=batch), some)
        assert together == pytest.approx(alone, abs=tolerance(name) / 4, rel=0)


@pytest.mark.parametrize("name", REWARDS)
def test_a_tensor_scores_exactly_as_its_png(name):
    case = next(case for case in cases(name) if case["image"].endswith("05_odd.png"))
    image = as_rgb(picture(case))
    levels = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
    # A decoder gives values between levels; its PNG would have the nearest.
    between = (levels + (torch.rand(levels.shape) - 0.5) * 0.9 / 255).clamp(0, 1)
    prompt = case.get("prompt", "")
    both = loaded(name).score(prompts=[prompt] * 3, images=[image, between, levels.bfloat16()])
    assert both[1] == both[0]
    assert isinstance(both[2].mean, float)


@pytest.mark.parametrize("name", REWARDS)
def test_scores_are_plain_numbers_without_a_deviation(name):
    (score,) = loaded(name).score(prompts=["a fox"], images=[picture(cases(name)[0])])
    assert type(score) is Score
    assert type(score.mean) is float
    assert score.std is None


def test_imagereward_ranks_the_images_as_the_reference_does():
    told = manifest("imagereward")["rank_plain"]
    some = [case for case in cases("imagereward") if case["prompt_name"] == "plain"]
    means = scored(loaded("imagereward"), some)
    best_first = sorted(range(len(some)), key=lambda place: -means[place])
    assert [case["image"] for case in some] == told["images"]
    assert [best_first.index(place) + 1 for place in range(len(some))] == told["rank"]


def test_the_aesthetic_rating_does_not_read_the_prompt():
    image = picture(cases("aesthetic")[0])
    first, second = loaded("aesthetic").score(prompts=["a fox", ""], images=[image, image])
    assert first == second


def test_hpsv1_is_a_hundred_times_the_cosine_of_the_same_model_in_openais_layout(tmp_path):
    """There is no golden set for HPSv1: this one is the CLIP set's, under OpenAI's names."""
    folder = openai_layout(tmp_path)
    reward = HPSv1(folder=folder)
    plain = [
        case for case in cases("clip") if case["prompt"].isascii() and "&" not in case["prompt"]
    ]
    assert len(plain) > 25
    for case, mean in zip(plain, scored(reward, plain), strict=True):
        wanted = 100 * case["expected"]["cosine_openai_preprocess"]
        assert mean == pytest.approx(wanted, abs=100 * tolerance("clip"), rel=0)


def openai_layout(folder):
    """Write the golden CLIP model as OpenAI would have saved it."""
    theirs = load_file(GOLDEN / "clip" / "model.safetensors")
    ours = {}
    for side, prefix in (("vision_model", "visual."), ("text_model", "")):
        for number in range(2):
            layer = f"{side}.encoder.layers.{number}."
            block = f"{prefix}transformer.resblocks.{number}."
            for kind in ("weight", "bias"):
                parts = [theirs[f"{layer}self_attn.{part}_proj.{kind}"] for part in "qkv"]
                ours[f"{block}attn.in_proj_{kind}"] = torch.cat(parts)
                for a, b in (
                    ("self_attn.out_proj", "attn.out_proj"),
                    ("layer_norm1", "ln_1"),
                    ("layer_norm2", "ln_2"),
                    ("mlp.fc1", "mlp.c_fc"),
                    ("mlp.fc2", "mlp.c_proj"),
                ):
                    ours[f"{block}{b}.{kind}"] = theirs[f"{layer}{a}.{kind}"]
    for kind in ("weight", "bias"):
        ours[f"visual.ln_pre.{kind}"] = theirs[f"vision_model.pre_layrnorm.{kind}"]
        ours[f"visual.ln_post.{kind}"] = theirs[f"vision_model.post_layernorm.{kind}"]
        ours[f"ln_final.{kind}"] = theirs[f"text_model.final_layer_norm.{kind}"]
    seen, read = "vision_model.embeddings.", "text_model.embeddings."
    ours |= {
        "visual.class_embedding": theirs[f"{seen}class_embedding"],
        "visual.positional_embedding": theirs[f"{seen}position_embedding.weight"],
        "visual.conv1.weight": theirs[f"{seen}patch_embedding.weight"],
        "visual.proj": theirs["visual_projection.weight"].T.contiguous(),
        "positional_embedding": theirs[f"{read}position_embedding.weight"],
        "token_embedding.weight": theirs[f"{read}token_embedding.weight"],
        "text_projection": theirs["text_projection.weight"].T.contiguous(),
        "logit_scale": theirs["logit_scale"],
    }
    save_file(ours, folder / "hpc.safetensors")
    vision = {"image_size": 224, "layers": 2, "width": 48, "head_width": 16, "patch_size": 14}
    text = {"context_length": 77, "vocab_size": 1414, "width": 32, "heads": 2, "layers": 2}
    about = {"embed_dim": 48, "quick_gelu": True, "vision_cfg": vision, "text_cfg": text}
    (folder / "model_config.json").write_text(json.dumps(about))
    (folder / "tokenizer").mkdir()
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(GOLDEN / "clip" / name, folder / "tokenizer" / name)
    return folder


def test_misses_notices_a_miss():
    """The other tests lean on it."""
    assert misses("clip", loaded("clip")) == []
    assert len(misses("clip", loaded("aesthetic"))) == len(cases("clip"))
