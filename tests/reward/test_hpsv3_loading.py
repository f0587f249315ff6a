"""Folders of weights for the HPSv3 family: the published layouts, and what is wrong with others."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from cohp.errors import BadInput, MissingWeights
from cohp.reward.fitting import check
from cohp.reward.hpsv3 import HPSv3
from cohp.reward.hpsv3pp import HPSv3PP
from cohp.reward.qwen_model import bare

GOLDEN = Path(__file__).parents[1] / "golden"
QWEN2_VL_7B = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "max_position_embeddings": 32768,
    "model_type": "qwen2_vl",
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-06,
    "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
    "rope_theta": 1000000.0,
    "tie_word_embeddings": False,
    "vision_config": {
        "depth": 32,
        "embed_dim": 1280,
        "mlp_ratio": 4,
        "num_heads": 16,
        "in_chans": 3,
        "hidden_size": 3584,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "spatial_patch_size": 14,
        "temporal_patch_size": 2,
    },
    "vocab_size": 152064,
}
QWEN3_VL_8B = {
    "model_type": "qwen3_vl",
    "text_config": {
        "head_dim": 128,
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "model_type": "qwen3_vl_text",
        "num_attention_heads": 32,
        "num_hidden_layers": 36,
        "num_key_value_heads": 8,
        "rope_scaling": {
            "mrope_interleaved": True,
            "mrope_section": [24, 20, 20],
            "rope_type": "default",
        },
        "rope_theta": 5000000,
        "vocab_size": 151936,
    },
    "vision_config": {
        "deepstack_visual_indexes": [8, 16, 24],
        "depth": 27,
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_heads": 16,
        "num_position_embeddings": 2304,
        "out_hidden_size": 4096,
        "patch_size": 16,
    },
}


@pytest.mark.parametrize(
    ("kind", "config", "published", "count"),
    [(HPSv3, QWEN2_VL_7B, "hpsv3_7b", 736), (HPSv3PP, QWEN3_VL_8B, "hpsv3pp_8b", 770)],
)
def test_the_published_model_has_a_place_for_every_tensor(kind, config, published, count):
    listed = json.loads((GOLDEN / "real_shapes" / f"{published}.json").read_text())
    stored = {name: tuple(shape) for name, shape in listed.items()}
    assert len(stored) == count
    renamed = {kind.rename(name): shape for name, shape in stored.items()}
    assert renamed.pop(None) == stored["lm_head.weight"]
    assert len(renamed) == count - 1
    model = bare(lambda: kind.build(config, renamed))
    check({name: tuple(p.shape) for name, p in model.named_parameters()}, renamed)
    assert all(parameter.is_meta for parameter in model.parameters())
    assert not any(buffer.is_meta for buffer in model.buffers())


@pytest.fixture
def folder(tmp_path):
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        shutil.copyfile(GOLDEN / "hpsv3" / name, tmp_path / name)
    return tmp_path


def tensors():
    return load_file(GOLDEN / "hpsv3" / "model.safetensors")


def score(folder, **options):
    reward = HPSv3(folder, **options)
    image = Image.open(GOLDEN / "images" / "01_square.png")
    (found,) = reward.score(prompts=["a photo of a red fox sitting in the snow"], images=[image])
    return found.mean


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("config.json", "has no config.json"),
        ("tokenizer.json", "has no tokenizer.json"),
        ("model.safetensors", "holds no weights"),
    ],
)
def test_a_missing_file_is_named(folder, name, said):
    (folder / name).unlink()
    with pytest.raises(MissingWeights, match=re.escape(said)):
        HPSv3(folder)


def test_weights_may_be_pickled_as_hpsv3pp_publishes_them(tmp_path):
    shutil.copytree(GOLDEN / "hpsv3pp", tmp_path / "pp")
    kept = load_file(tmp_path / "pp" / "model.safetensors")
    (tmp_path / "pp" / "model.safetensors").unlink()
    torch.save({"model": kept}, tmp_path / "pp" / "hpsv3++.pth")
    asked = {"prompts": ["a fox"], "images": [Image.open(GOLDEN / "images" / "01_square.png")]}
    plain = HPSv3PP(GOLDEN / "hpsv3pp").score(**asked)
    assert HPSv3PP(tmp_path / "pp").score(**asked) == plain
    assert HPSv3PP(tmp_path / "pp" / "hpsv3++.pth").score(**asked) == plain


def test_a_change_of_the_head_alone_is_another_revision(folder):
    """Its weights are a thousandth of the file: a digest of samples would miss them."""
    before = HPSv3(folder).revision
    changed = tensors()
    changed["rm_head.3.weight"][7, 7] += 1
    save_file(changed, folder / "model.safetensors")
    assert HPSv3(folder).revision != before


@pytest.mark.parametrize("name", ["HPSv3.safetensors", "anything.safetensors"])
def test_the_weights_may_have_their_published_name_or_any(folder, name):
    (folder / "model.safetensors").rename(folder / name)
    assert score(folder) == pytest.approx(score(GOLDEN / "hpsv3"), abs=1e-5)


def test_weights_may_be_in_shards(folder):
    (folder / "model.safetensors").unlink()
    every = list(tensors().items())
    parts = {"model-1.safetensors": dict(every[::2]), "model-2.safetensors": dict(every[1::2])}
    for part, held in parts.items():
        save_file(held, folder / part)
    index = {"weight_map": {name: part for part, held in parts.items() for name in held}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert score(folder) == pytest.approx(score(GOLDEN / "hpsv3"), abs=1e-5)
    (folder / "model-2.safetensors").unlink()
    with pytest.raises(MissingWeights, match=re.escape("has no model-2.safetensors")):
        HPSv3(folder)


def test_the_first_tensor_of_another_shape_is_named_with_both_shapes(folder):
    wrong = tensors()
    wrong["visual.blocks.1.mlp.fc1.weight"] = torch.zeros(7, 64)
    wrong["model.norm.weight"] = torch.zeros(95)
    save_file(wrong, folder / "model.safetensors")
    with pytest.raises(
        BadInput, match=r"visual\.blocks\.1\.mlp\.fc1\.weight .*\(7, 64\).*\(256, 64\)"
    ):
        HPSv3(folder)


def test_a_missing_tensor_is_named_with_its_shape(folder):
    short = tensors()
    del short["model.layers.1.mlp.up_proj.weight"]
    save_file(short, folder / "model.safetensors")
    with pytest.raises(BadInput, match=r"layers\.1\.mlp\.up_proj\.weight is missing .*\(160, 96\)"):
        HPSv3(folder)


def test_another_models_tokenizer_is_refused(folder):
    layout = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    last = layout["added_tokens"][-1]
    layout["added_tokens"].append(last | {"content": "<|more|>", "id": last["id"] + 1})
    (folder / "tokenizer.json").write_text(json.dumps(layout), "utf-8")
    with pytest.raises(BadInput, match="not of one model"):
        HPSv3(folder)


def test_another_models_tensor_is_named(folder):
    save_file(tensors() | {"value_head.weight": torch.zeros(1, 3)}, folder / "model.safetensors")
    with pytest.raises(BadInput, match=r"value_head\.weight of shape \(1, 3\)"):
        HPSv3(folder)


def test_a_file_cut_short_names_the_first_tensor_that_is_cut(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-5000])
    with pytest.raises(BadInput, match=r"cut short: it ends inside \S+ of shape \(.*Get it again"):
        HPSv3(folder)


@pytest.mark.parametrize(
    "content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\0" * 99]
)
def test_what_is_no_safetensors_is_said_to_be_none(folder, content):
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(BadInput, match="is no safetensors file"):
        HPSv3(folder)


def test_the_revision_follows_the_weights(folder):
    before = HPSv3(folder).revision
    assert before == HPSv3(GOLDEN / "hpsv3").revision
    changed = tensors()
    changed["rm_head.0.bias"] += 1
    save_file(changed, folder / "model.safetensors")
    assert HPSv3(folder).revision != before
    assert HPSv3(folder, revision="v1").revision == "v1"
    assert HPSv3(folder, revision="v1", quantize="8bit").revision == "v1+8bit"


def test_weights_that_overflow_are_no_score(folder):
    damaged = tensors()
    damaged["rm_head.5.bias"][0] = float("nan")
    save_file(damaged, folder / "model.safetensors")
    with pytest.raises(BadInput, match="no number"):
        score(folder)


def test_weights_as_newer_transformers_saves_them_load_too(folder):
    prefix = {"visual": "model.visual", "model": "model.language_model"}
    newer = {}
    for name, tensor in tensors().items():
        first, _, rest = name.partition(".")
        newer[f"{prefix.get(first, first)}.{rest}"] = tensor
    save_file(newer, folder / "model.safetensors")
    assert score(folder) == pytest.approx(score(GOLDEN / "hpsv3"), abs=1e-5)


@pytest.mark.parametrize(("quantize", "error"), [("8bit", 0.1), ("4bit", 1.0)])
def test_weights_in_few_bits_are_near_and_not_the_same(folder, quantize, error):
    apart = abs(score(folder, quantize=quantize) - score(folder))
    assert 1e-4 < apart < error


def test_the_backbone_may_run_in_bfloat16(folder):
    assert 1e-4 < abs(score(folder, dtype="bfloat16") - score(folder)) < 1.0


@pytest.mark.parametrize("options", [{"quantize": "2bit"}, {"dtype": "int8"}, {"dtype": "nn"}])
def test_an_unknown_option_is_refused(folder, options):
    with pytest.raises(BadInput, match="not '"):
        HPSv3(folder, **options)


def test_a_closed_reward_says_so(folder):
    reward = HPSv3(folder)
    reward.close()
    with pytest.raises(BadInput, match="closed"):
        reward.score(prompts=["a"], images=[Image.new("RGB", (9, 9))])


def test_a_batch_has_one_image_at_least(folder):
    with pytest.raises(BadInput, match="batch of 0"):
        HPSv3(folder, batch=0)
