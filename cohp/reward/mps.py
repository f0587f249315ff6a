"""MPS: CLIP ViT-H-14 whose image looks at the words that matter to the overall preference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor, nn

from cohp.errors import BadInput
from cohp.reward import tensors
from cohp.reward.clip_images import tensor_crop
from cohp.reward.clip_towers import Towers
from cohp.reward.mps_cross import CrossModel
from cohp.reward.open_clip_layout import directions
from cohp.reward.pairs import PairReward

# What the weights were trained to attend to for the overall preference: a format, not a choice.
CONDITION = (
    "light, color, clarity, tone, style, ambiance, artistry, shape, face, hair, hands, limbs, "
    "structure, instance, texture, quantity, attributes, position, number, location, word, things."
)
NEAR = 0.01
PUBLISHED_CROSS = {"dim": 1024, "layer_num": 4, "heads": 16, "dim_head": 64, "ff_mult": 4}


class MPS(PairReward):
    """Which image of a prompt people prefer overall: about 0 to 20 with the published weights.

    The reference divides by a maximum over the whole batch, so that a score there depends on
    its neighbours; here it is each pair's own, which is what the reference gives a lone pair.
    """

    half = True

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
        about = weights.parent / "cross_config.json"
        cross: dict[str, Any] = (
            json.loads(about.read_text("utf-8")) if about.is_file() else PUBLISHED_CROSS
        )
        self._towers: Any = Towers(weights.parent, tokenizer)
        with torch.device("meta"):
            looking = CrossModel(**cross)
        # Named as the checkpoint names them, so that what does not fit is said in its words.
        both = nn.ModuleDict({"model": self._towers.clip, "cross_model": looking})
        self._model = model = nn.ModuleDict({"mps": both}).eval()
        tensors.fit(model, tensors.read(weights), path=weights, device=device)

    def close(self) -> None:
        """Let go of the weights and of the device memory they took."""
        self._towers = None
        super().close()

    def means(self, prompts: Sequence[str], images: Sequence[Image]) -> Tensor:
        """Return the scaled cosine of each prompt and the image as the prompt looks at it."""
        if self._model is None:
            raise BadInput("This reward was closed. Load it again.")
        towers = self._towers
        texts = list(dict.fromkeys(prompts))
        place = [texts.index(prompt) for prompt in prompts]
        words, ends = self._read(texts)
        condition, _ = self._read([CONDITION])
        near = (words @ condition[0].T).amax(-1)
        near = near / near.amax(-1, keepdim=True)
        hidden = torch.where(near > NEAR, 0.0, float("-inf"))[:, None, None]
        pixels = towers.pixels(images, tensor_crop)
        seen = towers.clip.visual_projection(towers.clip.vision_model(pixels).last_hidden_state)
        looking = self._model.get_submodule("mps.cross_model")
        looked = directions(looking(seen, words[place], hidden[place])[:, 0])
        scores: Tensor = towers.scale * (looked * directions(ends[place])).sum(-1)
        return scores

    def _read(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return a vector for each token, padding included, and one for the end of the text."""
        towers = self._towers
        ids, _ = towers.words(texts, full=True)
        read = towers.clip.text_model(input_ids=ids.to(self.device))
        project = towers.clip.text_projection
        return project(read.last_hidden_state), project(read.pooler_output)
