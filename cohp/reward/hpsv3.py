"""HPSv3: the human preference score of Qwen2-VL-7B, with its uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import Qwen2VLConfig, Qwen2VLModel

from cohp.reward.instruction import ALIGNMENT, QUALITY
from cohp.reward.qwen import QwenReward
from cohp.reward.qwen_images import fitted, levels, resized
from cohp.reward.qwen_model import Heads, mlp, rows
from cohp.reward.qwen_text import Wording

if TYPE_CHECKING:
    from PIL.Image import Image

    from cohp.reward.checkpoint import Shape
    from cohp.reward.qwen_sight import Grid


class HPSv3(QwenReward):
    """The reward of `MizzenAI/HPSv3`; its mean has no bounds, about -5 to 15 in practice.

    A smaller model of the same kind may look at smaller pictures and say so in its folder:
    `patch_size` in config.json, the pixels of area as `pixels` in reward_config.json.
    """

    KIND = "qwen2_vl"
    PUBLISHED = "HPSv3.safetensors"
    WORDING = Wording("You are a helpful assistant.", QUALITY + ALIGNMENT)
    PATCH = 14
    MEAN = (0.48145466, 0.4578275, 0.40821073)
    STD = (0.26862954, 0.26130258, 0.27577711)

    @staticmethod
    def build(config: dict[str, Any], stored: dict[str, Shape]) -> Heads:
        """Make Qwen2-VL and a three-layer head; the vocabulary is as large as the weights'."""
        settings = Qwen2VLConfig(**config)
        # config.json is the base model's and counts rows that the weights do not have.
        settings.text_config.vocab_size = rows(stored, "language_model.embed_tokens.weight")
        base = Qwen2VLModel(settings)
        between = nn.ReLU(), nn.Dropout(), None, nn.ReLU(), None
        head = mlp(stored, "rm_head", settings.text_config.hidden_size, *between)
        return {"visual": base.visual, "language_model": base.language_model, "rm_head": head}

    def fitted(self, height: int, width: int) -> tuple[int, int]:
        """Return the size near the area looked at that keeps the shape."""
        return fitted(height, width, self._sight.factor, self._sight.area)

    def pixels(self, image: Image) -> Tensor:
        """Resize once."""
        return levels(resized(image, *self.fitted(image.height, image.width)))

    def positions(self, start: int, grid: Grid, length: int) -> Tensor:  # noqa: ARG002
        """Count the tokens: this model was trained without Qwen2-VL's three-part positions."""
        return torch.arange(length).expand(3, -1)

    @torch.inference_mode()
    def judge(self, vectors: Tensor) -> Tensor:
        """Apply the head, in float32."""
        return torch.as_tensor(self._model.rm_head(vectors.float()))
