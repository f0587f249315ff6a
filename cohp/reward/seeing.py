"""Rewards that also give what their scores are read from: features of the image, of the prompt."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from PIL.Image import Image
from torch import Tensor

from cohp.errors import BadImage
from cohp.reward.batching import in_batches
from cohp.reward.images import as_image
from cohp.reward.pairs import Pair, PairReward, checked
from cohp.reward.prepared import Prepared
from cohp.reward.refusal import refusal

if TYPE_CHECKING:
    from cohp.reward.base import Picture

Seen = Image | Prepared


class SeeingReward(PairReward):
    """A reward whose score of a pair is read from one vector."""

    def prepare(self, picture: Picture) -> Prepared:
        """Check and resize an image ahead of its turn, in any thread."""
        if reason := refusal(picture):
            raise BadImage(reason)
        return Prepared(self.squared(as_image(picture)))

    def embed(self, *, prompts: Sequence[str], images: Sequence[Picture | Prepared]) -> Tensor:
        """Return that vector for each pair, float32, on the host."""
        with torch.inference_mode(), self._precision():
            found = in_batches(checked(prompts, images), self._batch, self._features)
        # A copy made out here may be trained on, which inference mode's own tensors may not.
        return found.clone()

    @abstractmethod
    def squared(self, image: Image) -> Tensor:
        """Return an image as the vision tower takes it, on the host."""

    @abstractmethod
    def features(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return what the score of each pair is read from."""

    def pixels(self, images: Sequence[Seen]) -> Tensor:
        """Return images as the vision tower takes them, on its device."""
        squares = [
            each.pixels if isinstance(each, Prepared) else self.squared(each) for each in images
        ]
        return torch.stack(squares).to(self.device)

    def _features(self, pairs: Sequence[Pair]) -> Tensor:
        prompts, images = zip(*pairs, strict=True)
        return self.features(prompts, images).float().cpu()


class CosineReward(SeeingReward):
    """A reward that sees image and prompt apart: its score is their cosine, scaled."""

    scale = 1.0

    @abstractmethod
    def read(self, prompts: Sequence[str]) -> Tensor:
        """Return the direction of each prompt."""

    def embed_text(self, *, prompts: Sequence[str]) -> Tensor:
        """Return the direction of each prompt, float32, on the host."""
        with torch.inference_mode(), self._precision():
            found = in_batches(prompts, self._batch, lambda some: self.read(some).float().cpu())
        return found.clone()

    def means(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return the cosine of each pair, scaled."""
        return self.scale * self.cosines(prompts, images)

    def cosines(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return the cosine of each pair."""
        return (self.features(prompts, images) * self.read(prompts)).sum(-1)
