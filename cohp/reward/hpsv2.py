"""HPSv2 and HPSv2.1: the cosine of a ViT-H-14, one class for both sets of weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor, nn
from transformers import CLIPTokenizer

from cohp.reward.checkpoint import Checkpoint
from cohp.reward.clip_images import Squaring, letterbox
from cohp.reward.clip_text import Words, tidied
from cohp.reward.fitting import load
from cohp.reward.open_clip_layout import OpenClip, Sizes
from cohp.reward.seeing import CosineReward, Seen
from cohp.reward.settings import described, understood

# The published folder holds weights alone; this is open_clip's description of them.
VIT_H_14 = {
    "embed_dim": 1024,
    "vision_cfg": {
        "image_size": 224,
        "layers": 32,
        "width": 1280,
        "head_width": 80,
        "patch_size": 14,
    },
    "text_cfg": {
        "context_length": 77,
        "vocab_size": 49408,
        "width": 1024,
        "heads": 16,
        "layers": 24,
    },
}


class OpenClipReward(CosineReward):
    """The cosine of an open_clip model, scaled; a child says which model and resize."""

    config: dict[str, Any] = VIT_H_14
    squaring: Squaring = staticmethod(letterbox)

    def build(self, weights: Checkpoint) -> nn.Module:
        """Make the model that model_config.json describes, or else the published one."""
        config = described(weights.folder, "model_config.json", self.config)
        with understood(weights.folder / "model_config.json"):
            self._sizes = sizes(config)
        files = ("vocab.json", "merges.txt")
        self._words = Words(self._tokenizer, CLIPTokenizer, files, self._sizes.length)
        with torch.device("meta"):
            model = OpenClip(self._sizes)
        load(model, weights, {}, self.device)
        return model

    def squared(self, image: Image) -> Tensor:
        """Resize as this reward's reference does."""
        return self.squaring(image, self._sizes.image)

    def features(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:  # noqa: ARG002
        """Return the direction of each image."""
        model: OpenClip = self.model
        return model.image_features(self.pixels(images))

    def read(self, prompts: Sequence[str]) -> Tensor:
        """Return the direction of each prompt; one that stands many times is read once."""
        model: OpenClip = self.model
        texts = list(dict.fromkeys(prompts))
        ids, _ = self._words([tidied(text) for text in texts])
        return model.text_features(ids.to(self.device))[[texts.index(text) for text in prompts]]


class HPSv2(OpenClipReward):
    """Which image of a prompt people prefer: about 0.2 to 0.35 with the published weights."""

    half = True


def sizes(config: dict[str, Any]) -> Sizes:
    """Read open_clip's description of a model."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    return Sizes(
        features=config["embed_dim"],
        image=vision["image_size"],
        patch=vision["patch_size"],
        vision=(
            vision["width"],
            vision["layers"],
            vision["width"] // vision.get("head_width", 64),
        ),
        text=(text["width"], text["layers"], text["heads"]),
        words=text["vocab_size"],
        length=text["context_length"],
        quick=config.get("quick_gelu", False),
    )
