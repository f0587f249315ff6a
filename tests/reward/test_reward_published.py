"""The published descriptions of models are read as they are: old dumps, with what they repeat."""

from __future__ import annotations

import json

import pytest
import torch
from golden_cases import GOLDEN
from torch import nn
from transformers import CLIPModel
from transformers.models.blip.modeling_blip import BlipVisionModel
from transformers.models.blip.modeling_blip_text import BlipTextModel

from cohp.errors import BadInput
from cohp.reward.aesthetic import linears
from cohp.reward.clip_towers import Towers, clip_config
from cohp.reward.hpsv1 import HPSv1
from cohp.reward.hpsv2 import VIT_H_14, sizes
from cohp.reward.imagereward import configs
from cohp.reward.mps import PUBLISHED_CROSS
from cohp.reward.mps_cross import CrossModel
from cohp.reward.open_clip_layout import OpenClip

# What transformers of 2022 and 2023 wrote into every configuration beside the sizes.
OLD = {
    "_name_or_path": "",
    "add_cross_attention": False,
    "attention_dropout": 0.0,
    "bad_words_ids": None,
    "begin_suppress_tokens": None,
    "diversity_penalty": 0.0,
    "dropout": 0.0,
    "exponential_decay_length_penalty": None,
    "forced_bos_token_id": None,
    "id2label": {"0": "LABEL_0", "1": "LABEL_1"},
    "label2id": {"LABEL_0": 0, "LABEL_1": 1},
    "is_decoder": False,
    "length_penalty": 1.0,
    "max_length": 20,
    "num_beams": 1,
    "output_attentions": False,
    "pruned_heads": {},
    "return_dict": True,
    "sep_token_id": None,
    "suppress_tokens": None,
    "task_specific_params": None,
    "temperature": 1.0,
    "tf_legacy_loss": False,
    "tie_word_embeddings": True,
    "torch_dtype": None,
    "torchscript": False,
    "transformers_version": "4.27.1",
    "typical_p": 1.0,
    "use_bfloat16": False,
}
SIZES = {
    "vit-l-14": (
        {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
        {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "patch_size": 14},
        768,
        "quick_gelu",
        427_616_513,
    ),
    "vit-h-14": (
        {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24},
        {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "patch_size": 14},
        1024,
        "gelu",
        986_109_441,
    ),
}


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("repeated", ["sizes", "null"])
def test_an_old_description_builds_the_published_model(tmp_path, name, repeated):
    text, vision, width, act, parameters = SIZES[name]
    text = {"num_attention_heads": 16, **text, "projection_dim": width}
    vision = {"num_attention_heads": 16, **vision, "projection_dim": width}
    kinds = {"hidden_act": act, "bos_token_id": 0, "eos_token_id": 2, "layer_norm_eps": 1e-5}
    described = {
        "_commit_hash": None,
        "architectures": ["CLIPModel"],
        "initializer_factor": 1.0,
        "logit_scale_init_value": 2.6592,
        "model_type": "clip",
        "projection_dim": width,
        "text_config": {**OLD, **kinds, **text, "model_type": "clip_text_model"},
        "text_config_dict": text | kinds if repeated == "sizes" else None,
        "vision_config": {**OLD, **kinds, **vision, "model_type": "clip_vision_model"},
        "vision_config_dict": vision | kinds if repeated == "sizes" else None,
        "torch_dtype": "float32",
        "transformers_version": None,
    }
    (tmp_path / "config.json").write_text(json.dumps(described))
    with torch.device("meta"):
        model = CLIPModel(clip_config(tmp_path))
    assert sum(each.numel() for each in model.parameters()) == parameters
    assert {each.hidden_act for each in (model.config.text_config, model.config.vision_config)} == {
        act
    }
    towers = Towers(tmp_path, reads=False)
    assert towers.size == 224
    assert not any("text" in name for name, _ in towers.clip.named_parameters())


def test_the_published_mps_is_as_large_as_its_file():
    """4.42 GB in float32: what ViT-H-14 and four layers of cross-attention come to."""
    with torch.device("meta"):
        cross = CrossModel(**PUBLISHED_CROSS)
    parameters = SIZES["vit-h-14"][4] + sum(each.numel() for each in cross.parameters())
    assert 4 * parameters == pytest.approx(4.42e9, rel=0.002)


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "not JSON"), ("[]", "no table"), ('{"model_type": "qwen2_vl"}', "not describe")],
)
def test_a_description_of_something_else_is_said(tmp_path, content, said):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(BadInput, match=said):
        clip_config(tmp_path)


def test_the_published_imagereward_is_as_large_as_its_file(tmp_path):
    """1.79 GB in float32, with BLIP's two projections, which no score uses."""
    described = {
        "architectures": ["BertModel"],
        "hidden_act": "gelu",
        "hidden_size": 768,
        "intermediate_size": 3072,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 512,
        "num_attention_heads": 12,
        "num_hidden_layers": 12,
        "pad_token_id": 0,
        "vocab_size": 30524,
        "encoder_width": 1024,
        "add_cross_attention": True,
    }
    (tmp_path / "med_config.json").write_text(json.dumps(described))
    vision, text = configs(tmp_path)
    with torch.device("meta"):
        parts = BlipVisionModel(vision), BlipTextModel(text, add_pooling_layer=False)
    head = 768 * 1024 + 1024 * 128 + 128 * 64 + 64 * 16 + 16
    parameters = sum(each.numel() for part in parts for each in part.parameters())
    unused = 256 * (1024 + 768)
    assert 4 * (parameters + head + unused) == pytest.approx(1.79e9, rel=0.004)


def test_the_real_vit_h_has_exactly_the_published_tensors():
    told = json.loads((GOLDEN / "real_shapes" / "hpsv2_vit_h_14.json").read_text("utf-8"))
    with torch.device("meta"):
        model = OpenClip(sizes(VIT_H_14))
    assert {name: list(tensor.shape) for name, tensor in model.state_dict().items()} == told


def test_the_real_vit_l_has_as_many_parameters_as_openai_published():
    with torch.device("meta"):
        model = OpenClip(sizes(HPSv1.config))
    assert sum(each.numel() for each in model.parameters()) == 427_616_513


def test_the_real_aesthetic_head_has_the_published_shapes():
    published = {0: (1024, 768), 2: (128, 1024), 4: (64, 128), 6: (16, 64), 7: (1, 16)}
    learned = {f"layers.{place}.bias": torch.zeros(shape[0]) for place, shape in published.items()}
    head = linears(learned, 768, tuple(published), "layers.")
    assert isinstance(head, nn.Module)
    found = {name: tuple(each.shape) for name, each in head.named_parameters()}
    assert {
        int(name.split(".")[0]): shape for name, shape in found.items() if "weight" in name
    } == (published)
