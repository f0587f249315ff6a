"""HPSv3++: the human preference score of Qwen3-VL-8B, conditioned on the generator's ability."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import Qwen3VLConfig, Qwen3VLModel

from cohp.errors import BadInput
from cohp.reward.instruction import QUALITY
from cohp.reward.qwen import QwenReward
from cohp.reward.qwen_images import fitted, levels, resized
from cohp.reward.qwen_model import Heads, mlp, rows
from cohp.reward.qwen_text import Wording

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from cohp.reward.checkpoint import Shape
    from cohp.reward.qwen_sight import Grid


class HPSv3PP(QwenReward):
    """The reward of `Junjun2333/HPSv3-PlusPlus`.

    `iter_step` tells it how far a generator has been trained against it, from 0 (the usual,
    and what plain scoring means) to 1. The reference may pool one capability over a batch;
    here each image has its own, so a score never depends on the images beside it.
    """

    KIND = "qwen3_vl"
    PUBLISHED = "hpsv3++.safetensors"
    WORDING = Wording(None, QUALITY)
    PATCH = 16
    MEAN = (0.5, 0.5, 0.5)
    STD = (0.5, 0.5, 0.5)
    COARSE = (*QwenReward.COARSE, "cap_encoder.")
    FIRST = 28  # the factor of the first resize
    LEAST, MOST = 65_536, 16_777_216

    def __init__(
        self,
        folder: Path,
        device: str = "cpu",
        *,
        iter_step: float = 0.0,
        **options: Any,  # noqa: ANN401 - passed on
    ) -> None:
        if not (isfinite(iter_step) and iter_step >= 0):
            raise BadInput(f"iter_step is a number from 0 up, as a rule to 1: {iter_step}.")
        super().__init__(folder, device, **options)
        self.iter_step = iter_step
        if iter_step:  # other scores: a journal must not mix them with plain ones
            self._revision += f"+step{iter_step:g}"

    @staticmethod
    def build(config: dict[str, Any], stored: dict[str, Shape]) -> Heads:
        """Make Qwen3-VL, the capability and condition encoders, and the head."""
        settings = Qwen3VLConfig(**config)
        settings.text_config.vocab_size = rows(stored, "language_model.embed_tokens.weight")
        base, width = Qwen3VLModel(settings), settings.text_config.hidden_size
        ability = rows(stored, "cap_encoder.proj.weight")
        condition = mlp(stored, "cond_encoder", 2, nn.GELU(), None)
        return {
            "visual": base.visual,
            "language_model": base.language_model,
            "rm_head": mlp(
                stored, "rm_head", width, nn.ReLU(), nn.Dropout(), None, nn.ReLU(), None
            ),
            "cond_encoder": condition,
            "film_gen": mlp(
                stored, "film_gen", rows(stored, "cond_encoder.2.weight"), nn.ReLU(), None
            ),
            "cap_encoder": nn.ModuleDict(
                {
                    "proj": nn.Linear(width, ability),
                    # It weighs the rows of a batch; with one capability a row it weighs nothing.
                    "pool_attn": nn.Linear(ability, 1),
                    "out_proj": nn.Linear(ability, 1),
                }
            ),
        }

    def fitted(self, height: int, width: int) -> tuple[int, int]:
        """Return the size after both resizes: the reward's own, then its processor's."""
        first = self._first(height, width)
        return fitted(*first, self._sight.factor, self.LEAST, self.MOST)

    def pixels(self, image: Image) -> Tensor:
        """Resize twice, the second time with torch, whose rounding differs from Pillow's."""
        first = levels(resized(image, *self._first(image.height, image.width)))
        size = self.fitted(image.height, image.width)
        if first.shape[1:] == size:
            return first
        return functional.interpolate(first[None], size, mode="bicubic", antialias=True)[0]

    def _first(self, height: int, width: int) -> tuple[int, int]:
        return fitted(height, width, self.FIRST, self._sight.area)

    def positions(self, start: int, grid: Grid, length: int) -> Tensor:
        """Count tokens, but place the image's by row and column; text goes on past the longer."""
        high, wide = grid[0] // 2, grid[1] // 2
        image = torch.cartesian_prod(torch.tensor([0]), torch.arange(high), torch.arange(wide)).T
        after = torch.arange(length - start - high * wide).expand(3, -1) + max(high, wide)
        before = torch.arange(-start, 0).expand(3, -1)
        return torch.cat((before, image, after), dim=1) + start

    @torch.inference_mode()
    def judge(self, vectors: Tensor) -> Tensor:
        """Bend each vector by its own capability, then apply the head, in float32."""
        ability = self.capability(vectors)
        vectors = vectors.float()
        step = torch.full_like(ability, self.iter_step)
        bent = self._model.film_gen(self._model.cond_encoder(torch.cat((ability, step), dim=1)))
        gain, offset = bent.chunk(2, dim=1)
        return torch.as_tensor(self._model.rm_head(vectors * (1 + gain) + offset))

    def capability(self, vectors: Tensor) -> Tensor:
        """Return how able a generator each vector speaks of, in (0, 1), a column."""
        encoder = self._model.cap_encoder
        return torch.sigmoid(encoder.out_proj(encoder.proj(vectors))).float()
