"""MPS: CLIP ViT-H-14 whose image looks at the words that matter to the overall preference."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL.Image import Image
from torch import Tensor, nn

from cohp.reward.checkpoint import Checkpoint
from cohp.reward.clip_images import tensor_crop
from cohp.reward.clip_towers import Towers
from cohp.reward.fitting import load, stored_as
from cohp.reward.mps_cross import CrossModel
from cohp.reward.open_clip_layout import directions
from cohp.reward.seeing import SeeingReward, Seen
from cohp.reward.settings import described, understood

# What the weights were trained to attend to for the overall preference: a format, not a choice.
CONDITION = (
    "light, color, clarity, tone, style, ambiance, artistry, shape, face, hair, hands, limbs, "
    "structure, instance, texture, quantity, attributes, position, number, location, word, things."
)
NEAR = 0.01
PUBLISHED_CROSS = {"dim": 1024, "layer_num": 4, "heads": 16, "dim_head": 64, "ff_mult": 4}


class MPS(SeeingReward):
    """Which image of a prompt people prefer overall: about 0 to 20 with the published weights.

    The reference divides by a maximum over the whole batch, so that a score there depends on
    its neighbours; here it is each pair's own, which is what the reference gives a lone pair.
    """

    half = True

    def build(self, weights: Checkpoint) -> nn.Module:
        """Make CLIP, and what looks from its image tokens at its words."""
        towers = Towers(weights.folder, self._tokenizer)
        cross = described(weights.folder, "cross_config.json", PUBLISHED_CROSS)
        with understood(weights.folder / "cross_config.json"), torch.device("meta"):
            model = nn.ModuleDict({"towers": towers, "cross": CrossModel(**cross)})
        load(model, weights, stored_as(model, _theirs), self.device)
        return model

    def squared(self, image: Image) -> Tensor:
        """Resize and crop as floats."""
        return tensor_crop(image, self.model["towers"].size)

    def features(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return the direction of each image as its prompt looks at it."""
        return self._looked(prompts, images)[0]

    def means(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return the scaled cosine of each prompt and the image as the prompt looks at it."""
        looked, read = self._looked(prompts, images)
        scores: Tensor = self.model["towers"].scale * (looked * read).sum(-1)
        return scores

    def _looked(self, prompts: Sequence[str], images: Sequence[Seen]) -> tuple[Tensor, Tensor]:
        """Return the directions of the images as looked at, and of the prompts."""
        towers: Towers = self.model["towers"]
        texts = list(dict.fromkeys(prompts))
        place = [texts.index(prompt) for prompt in prompts]
        words, ends = self._read(texts)
        condition, _ = self._read([CONDITION])
        near = (words @ condition[0].T).amax(-1)
        near = near / near.amax(-1, keepdim=True)
        hidden = torch.where(near > NEAR, 0.0, float("-inf"))[:, None, None]
        seen = towers.clip.vision_model(self.pixels(images)).last_hidden_state
        seen = towers.clip.visual_projection(seen)
        looked = self.model["cross"](seen, words[place], hidden[place])[:, 0]
        return directions(looked), directions(ends[place])

    def _read(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return a vector for each token, padding included, and one for the end of the text."""
        towers: Towers = self.model["towers"]
        ids, _ = towers.words(texts, full=True)
        read = towers.clip.text_model(input_ids=ids.to(self.device))
        project = towers.clip.text_projection
        return project(read.last_hidden_state), project(read.pooler_output)


def _theirs(name: str) -> str:
    """Return what the checkpoint calls a tensor of ours."""
    name = name.replace("towers.clip.", "mps.model.")
    return name.replace("cross.", "mps.cross_model.", 1) if name.startswith("cross.") else name
