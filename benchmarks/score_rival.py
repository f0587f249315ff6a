"""HPSv3's score computed the reference's way, written plainly.

One image at a time, the image processor's arithmetic, two copies of the frame through the tower's
own convolution, its attention under a mask, the whole sequence through every layer with gradients
on, the head on every token.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional
from transformers import Qwen2VLConfig, Qwen2VLModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from cohp.reward.hpsv3 import HPSv3
from cohp.reward.qwen_images import resized
from cohp.reward.qwen_sight import read_sight

TAIL = "\n\nEND\n"


def score_plainly(folder: Path) -> Callable[[str, Image.Image], float]:
    """Return what scores one square image for its prompt, from weights in a folder."""
    text = HPSv3(folder)._text  # noqa: SLF001 - the same tokens for both
    stored = {
        name: tensor
        for published, tensor in load_file(folder / "model.safetensors").items()
        if (name := HPSv3.rename(published))
    }
    described = json.loads((folder / "config.json").read_text())
    sight = read_sight(folder, described, HPSv3.PATCH)
    side = int(sight.area**0.5)
    model = _model(described, stored)
    head = _head(stored)
    processor = Qwen2VLImageProcessorPil(
        patch_size=sight.patch, image_mean=list(HPSv3.MEAN), image_std=list(HPSv3.STD)
    )

    def score(prompt: str, picture: Image.Image) -> float:
        small = resized(picture.convert("RGB"), side, side)
        seen = processor(small, return_tensors="pt")
        ids = text.ids(prompt, (side // sight.factor) ** 2)
        end = len(ids) - 1
        ids += [text._special["<|im_end|>"], *text._text(TAIL)]  # noqa: SLF001
        every = torch.tensor([ids])
        embeddings = model.language_model.embed_tokens(every)
        tokens = model.visual(seen["pixel_values"], seen["image_grid_thw"]).pooler_output
        where = (every == text._special["<|image_pad|>"])[..., None]  # noqa: SLF001
        embeddings = embeddings.masked_scatter(where.expand_as(embeddings), tokens)
        state = model.language_model(
            inputs_embeds=embeddings, attention_mask=torch.ones_like(every), use_cache=True
        ).last_hidden_state
        return float(head(state)[0, end, 0].detach())

    return score


def _model(described: dict[str, Any], stored: dict[str, torch.Tensor]) -> Any:  # noqa: ANN401
    config = Qwen2VLConfig(**described)
    config.text_config.vocab_size = len(stored["language_model.embed_tokens.weight"])
    model = Qwen2VLModel(config).eval()
    ALL_ATTENTION_FUNCTIONS.register("reference", _masked_attention)
    model.visual.config._attn_implementation = "reference"  # noqa: SLF001 - its only name
    model.load_state_dict({name: each for name, each in stored.items() if "rm_" not in name})
    return model


def _head(stored: dict[str, torch.Tensor]) -> torch.nn.Sequential:
    kept = {name[8:]: each for name, each in stored.items() if name.startswith("rm_head.")}
    sizes = [kept[f"{place}.weight"].shape[::-1] for place in (0, 3, 5)]
    first, second, last = (torch.nn.Linear(*size) for size in sizes)
    relu, dropout = torch.nn.ReLU, torch.nn.Dropout
    head = torch.nn.Sequential(first, relu(), dropout(0), second, relu(), last)
    head.load_state_dict(kept)
    return head


def _masked_attention(
    _module: object,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Attend as the vision tower of the transformers that the reference pins does.

    A mask over all pairs of patches is made in every layer, and the heads are the first
    dimension, for which torch has no fused product on a CPU.
    """
    every = torch.zeros((1, query.shape[2], key.shape[2]), dtype=torch.bool)
    every[:] = True
    mixed = functional.scaled_dot_product_attention(query[0], key[0], value[0], every)
    return mixed.transpose(0, 1)[None], None
