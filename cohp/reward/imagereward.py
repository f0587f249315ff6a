"""ImageReward: BLIP reads the prompt while looking at the image, and a small head rates it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL.Image import Image
from torch import Tensor, nn
from transformers import BertTokenizer, BlipTextConfig, BlipVisionConfig
from transformers.models.blip.modeling_blip import BlipVisionModel
from transformers.models.blip.modeling_blip_text import BlipTextModel

from cohp.reward.aesthetic import PLACES, linears
from cohp.reward.checkpoint import Checkpoint
from cohp.reward.clip_images import openai_crop
from cohp.reward.clip_text import Words
from cohp.reward.fitting import load, stored_as, unread
from cohp.reward.seeing import SeeingReward, Seen
from cohp.reward.settings import described, understood

MEAN, STD = 0.16717362830052426, 1.0333394966054072
LONGEST = 35
# What the published folder leaves out: BLIP's large ViT, whose norms differ from transformers'.
VIT_LARGE = {"img_size": 224, "patch_size": 16, "embed_dim": 1024, "depth": 24, "num_heads": 16}
NORM_EPS = 1e-6
# Transformers' names for timm's, in the order they are replaced.
VISION_NAMES = (
    ("vision.embeddings.class_embedding", "blip.visual_encoder.cls_token"),
    ("vision.embeddings.position_embedding", "blip.visual_encoder.pos_embed"),
    ("vision.embeddings.patch_embedding", "blip.visual_encoder.patch_embed.proj"),
    ("vision.post_layernorm", "blip.visual_encoder.norm"),
    ("vision.encoder.layers.", "blip.visual_encoder.blocks."),
    (".layer_norm", ".norm"),
    (".self_attn.projection", ".attn.proj"),
    (".self_attn.qkv", ".attn.qkv"),
)
TEXT_SIZES = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
    "hidden_act",
    "layer_norm_eps",
    "pad_token_id",
)
UNUSED = ("blip.vision_proj.", "blip.text_proj.")


class ImageReward(SeeingReward):
    """How well an image answers its prompt: about -2 to 2, standardised over its training set."""

    def build(self, weights: Checkpoint) -> nn.Module:
        """Make BLIP's two sides and the head."""
        self._words = Words(self._tokenizer, BertTokenizer, ("vocab.txt",), LONGEST)
        with understood(weights.folder / "med_config.json"):
            vision, text = configs(weights.folder)
        self._size = vision.image_size
        with torch.device("meta"):
            model = nn.ModuleDict(
                {
                    "vision": BlipVisionModel(vision),
                    "text": BlipTextModel(text, add_pooling_layer=False),
                    "head": linears(weights, text.hidden_size, PLACES, "mlp.layers."),
                }
            )
        names = {**stored_as(model, _theirs), **unread(weights, UNUSED)}
        load(model, weights, names, self.device)
        return model

    def squared(self, image: Image) -> Tensor:
        """Resize and crop as OpenAI's CLIP does."""
        return openai_crop(image, self._size)

    def features(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return what the text side makes of each prompt while looking at its image."""
        seen = self.model["vision"](pixel_values=self.pixels(images))
        ids, mask = self._words(prompts)
        read = self.model["text"](
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            encoder_hidden_states=seen.last_hidden_state,
            is_decoder=False,
        )
        first: Tensor = read.last_hidden_state[:, 0]
        return first

    def means(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return the standardised rating of each pair."""
        rating: Tensor = self.model["head"](self.features(prompts, images))
        return (rating[:, 0] - MEAN) / STD


def configs(folder: Path) -> tuple[BlipVisionConfig, BlipTextConfig]:
    """Read the two descriptions, of the image side and of the text side."""
    said = described(folder, "vit_config.json", VIT_LARGE)
    vision = BlipVisionConfig(
        hidden_size=said["embed_dim"],
        intermediate_size=int(said["embed_dim"] * said.get("mlp_ratio", 4)),
        num_hidden_layers=said["depth"],
        num_attention_heads=said["num_heads"],
        image_size=said["img_size"],
        patch_size=said["patch_size"],
        layer_norm_eps=NORM_EPS,
        hidden_act="gelu",
    )
    text = described(folder, "med_config.json")
    kept = {name: text[name] for name in TEXT_SIZES if name in text}
    # is_decoder gives it the cross-attention it has; each call says that nothing is causal.
    return vision, BlipTextConfig(
        **kept,
        encoder_hidden_size=said["embed_dim"],
        is_decoder=True,
        # Of no effect here, but the defaults lie outside a small vocabulary.
        bos_token_id=0,
        eos_token_id=0,
        sep_token_id=0,
    )


def _theirs(name: str) -> str:
    """Return what the checkpoint calls a tensor of ours."""
    if name.startswith("vision."):
        for ours, theirs in VISION_NAMES:
            name = name.replace(ours, theirs)
        return name
    name = re.sub(r"^text\.", "blip.text_encoder.", name)
    return re.sub(r"^head\.", "mlp.layers.", name)
