"""A smaller reward of HPSv3's kind: its folder says how finely it looks."""

import json
import math
import re
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import Qwen2VLConfig, Qwen2VLModel
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from cohp.errors import BadInput
from cohp.reward.hpsv3 import HPSv3
from cohp.reward.qwen_images import resized
from cohp.reward.qwen_sight import Sight, read_sight

GOLDEN = Path(__file__).parents[1] / "golden"
PATCH, AREA = 8, 64 * 64
IMAGES = ["02_large", "03_wide", "04_tall"]


@pytest.fixture
def folder(tmp_path):
    """The golden model with patches of 8 pixels, in images of 64x64."""
    for name in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        shutil.copyfile(GOLDEN / "hpsv3" / name, tmp_path / name)
    change(tmp_path, "config.json", "vision_config", patch_size=PATCH)
    (tmp_path / "reward_config.json").write_text(json.dumps({"pixels": AREA}))
    tensors = load_file(GOLDEN / "hpsv3" / "model.safetensors")
    wide = tensors["visual.patch_embed.proj.weight"].shape[0]
    drawn = torch.randn((wide, 3, 2, PATCH, PATCH), generator=torch.Generator().manual_seed(0))
    save_file(tensors | {"visual.patch_embed.proj.weight": drawn / 20}, tmp_path / "m.safetensors")
    return tmp_path


def change(folder, name, part, **values):
    settings = json.loads((folder / name).read_text())
    (settings[part] if part else settings).update(values)
    (folder / name).write_text(json.dumps(settings))


def plainly(folder, reward, picture, prompt):
    """Score as the reference does, with transformers' own processor and the whole model."""
    stored = load_file(folder / "m.safetensors")
    config = Qwen2VLConfig(**json.loads((folder / "config.json").read_text()))
    config.text_config.vocab_size = len(stored["model.embed_tokens.weight"])
    model = Qwen2VLModel(config).eval()
    named = {HPSv3.rename(name): tensor for name, tensor in stored.items()}
    model.load_state_dict({name: t for name, t in named.items() if name and "rm_" not in name})
    processor = Qwen2VLImageProcessorPil(
        patch_size=PATCH,
        size={"shortest_edge": AREA, "longest_edge": AREA},
        image_mean=list(HPSv3.MEAN),
        image_std=list(HPSv3.STD),
    )
    size = processor(picture, return_tensors="pt")["image_grid_thw"][0, 1:] * PATCH
    # Resized already as the reference's Pillow does it: newer ones take the passes otherwise.
    picture = resized(picture, *size.tolist())
    seen = processor(picture, do_resize=False, return_tensors="pt")
    tokens = model.visual(seen["pixel_values"], seen["image_grid_thw"]).pooler_output
    ids = torch.tensor([reward._text.ids(prompt, len(tokens))])
    embeddings = model.language_model.embed_tokens(ids)
    pads = (ids == reward._text._special["<|image_pad|>"])[..., None].expand_as(embeddings)
    state = model.language_model(inputs_embeds=embeddings.masked_scatter(pads, tokens))
    return reward._model.rm_head(state.last_hidden_state[0, -1])


@pytest.mark.parametrize("name", IMAGES)
def test_a_smaller_model_scores_as_transformers_computes_it(folder, name):
    picture = Image.open(GOLDEN / "images" / f"{name}.png").convert("RGB")
    reward = HPSv3(folder)
    (score,) = reward.score(prompts=["a red fox"], images=[picture])
    expected = plainly(folder, reward, picture, "a red fox").tolist()
    assert [score.mean, math.log(score.std)] == pytest.approx(expected, abs=1e-4)


def test_a_folder_that_says_nothing_is_of_the_published_sizes(folder):
    assert HPSv3(folder).fitted(90, 90) == (64, 64)
    (folder / "reward_config.json").unlink()
    assert HPSv3(folder).fitted(90, 90) == (448, 448)
    assert read_sight(folder, {}, 14) == Sight(14, 448 * 448)


@pytest.mark.parametrize("area", [0, 255, "448x448", 4096.5, None])
def test_an_area_that_holds_no_token_is_refused(folder, area):
    change(folder, "reward_config.json", None, pixels=area)
    with pytest.raises(BadInput, match=f"in an image of {re.escape(repr(area))}"):
        HPSv3(folder)


@pytest.mark.parametrize("patch", [0, -8, 33, "8"])
def test_a_patch_that_cannot_be_is_refused(folder, patch):
    change(folder, "config.json", "vision_config", patch_size=patch)
    with pytest.raises(BadInput, match=f"patches of {patch!r} pixels"):
        HPSv3(folder)


def test_another_merge_is_refused(folder):
    change(folder, "config.json", "vision_config", spatial_merge_size=4)
    with pytest.raises(BadInput, match="merges other than 2x2"):
        HPSv3(folder)


@pytest.mark.parametrize("name", ["config.json", "reward_config.json"])
@pytest.mark.parametrize(("text", "said"), [("{", "is not JSON"), ("[]", "holds no table")])
def test_settings_that_cannot_be_read_are_named(folder, name, text, said):
    (folder / name).write_text(text)
    with pytest.raises(BadInput, match=f"{re.escape(name)} {said}"):
        HPSv3(folder)
