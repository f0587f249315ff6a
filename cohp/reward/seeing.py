"""Rewards that also give what their scores are read from: features of the image, of the prompt."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from PIL.Image import Image
from torch import Tensor

from cohp.reward.batching import in_batches
from cohp.reward.pairs import Pair, PairReward, checked

if TYPE_CHECKING:
    from cohp.reward.base import Picture


class SeeingReward(PairReward):
    """A reward whose score of a pair is read from one vector."""

    def embed(self, *, prompts: Sequence[str], images: Sequence[Picture]) -> Tensor:
        """Return that vector for each pair, float32, on the host."""
        with torch.inference_mode(), self._precision():
            found = in_batches(checked(prompts, images), self._batch, self._features)
        # A copy made out here may be trained on, which inference mode's own tensors may not.
        return found.clone()

    @abstractmethod
    def features(self, prompts: Sequence[str], images: Sequence[Image]) -> Tensor:
        """Return what the score of each pair is read from."""

    def _features(self, pairs: Sequence[Pair]) -> Tensor:
        prompts, images = zip(*pairs, strict=True)
        return self.features(prompts, images).float().cpu()


class CosineReward(SeeingReward):
    """A reward that sees image and prompt apart: its score is their cosine, scaled."""

    @property
    def scale(self) -> float | Tensor:
        """What the cosine is multiplied by."""
        return 1.0

    @abstractmethod
    def read(self, prompts: Sequence[str]) -> Tensor:
        """Return the direction of each prompt."""

    def embed_text(self, *, prompts: Sequence[str]) -> Tensor:
        """Return the direction of each prompt, float32, on the host."""
        with torch.inference_mode(), self._precision():
            found = in_batches(prompts, self._batch, lambda some: self.read(some).float().cpu())
        return found.clone()

    def means(self, prompts: Sequence[str], images: Sequence[Image]) -> Tensor:
        """Return the cosine of each pair, scaled."""
        return self.scale * (self.features(prompts, images) * self.read(prompts)).sum(-1)
