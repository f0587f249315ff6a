"""CLIPScore: the cosine of prompt and image in CLIP itself, which nobody's taste has tuned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL.Image import Image
from torch import Tensor

from cohp.errors import BadInput
from cohp.reward import tensors
from cohp.reward.clip_images import transformers_crop
from cohp.reward.clip_towers import Towers
from cohp.reward.pairs import PairReward


class ClipReward(PairReward):
    """A reward that is made of the cosine of a CLIP model in transformers' layout."""

    def __init__(
        self,
        folder: Path,
        device: str = "cpu",
        *,
        tokenizer: Path | None = None,
        batch: int = 16,
        revision: str | None = None,
    ) -> None:
        """`folder` holds weights and config.json, and the tokenizer unless that is named."""
        weights = tensors.weights_file(Path(folder))
        super().__init__([weights], device, batch, revision)
        self._model = towers = Towers(weights.parent, tokenizer).eval()
        tensors.fit(towers.clip, tensors.read(weights), path=weights, device=device)

    def cosines(self, prompts: Sequence[str], images: Sequence[Image]) -> Tensor:
        """Return the cosine of each pair."""
        towers = self.towers
        return (towers.see(images, transformers_crop) * towers.read(prompts)).sum(-1)

    @property
    def towers(self) -> Towers:
        """The loaded model."""
        if not isinstance(self._model, Towers):
            raise BadInput("This reward was closed. Load it again.")
        return self._model


class ClipScore(ClipReward):
    """How well the prompt describes the image: about 0.15 to 0.35 with OpenAI's ViT-L/14."""

    def means(self, prompts: Sequence[str], images: Sequence[Image]) -> Tensor:
        """Return the cosine of each pair."""
        return self.cosines(prompts, images)
