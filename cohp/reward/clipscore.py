"""CLIPScore: the cosine of prompt and image in CLIP itself, which nobody's taste has tuned."""

from __future__ import annotations

from collections.abc import Sequence

from PIL.Image import Image
from torch import Tensor, nn

from cohp.reward.checkpoint import Checkpoint
from cohp.reward.clip_images import transformers_crop
from cohp.reward.clip_towers import Towers
from cohp.reward.fitting import load
from cohp.reward.seeing import CosineReward, Seen


class ClipReward(CosineReward):
    """A reward that is made of the cosine of a CLIP model in transformers' layout."""

    def build(self, weights: Checkpoint) -> nn.Module:
        """Make CLIP and its tokenizer."""
        towers = Towers(weights.folder, self._tokenizer)
        load(towers.clip, weights, {}, self.device)
        return towers.eval()

    def squared(self, image: Image) -> Tensor:
        """Resize the shorter side and crop."""
        return transformers_crop(image, self.model.size)

    def features(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:  # noqa: ARG002
        """Return the direction of each image."""
        towers: Towers = self.model
        return towers.see(self.pixels(images))

    def read(self, prompts: Sequence[str]) -> Tensor:
        """Return the direction of each prompt."""
        towers: Towers = self.model
        return towers.read(prompts)


class ClipScore(ClipReward):
    """How well the prompt describes the image: about 0.15 to 0.35 with OpenAI's ViT-L/14."""
