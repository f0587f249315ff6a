"""CLIP as transformers names its tensors: what PickScore, CLIPScore, aesthetic and MPS load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

from cohp.errors import BadInput
from cohp.reward.clip_text import Words
from cohp.reward.open_clip_layout import directions
from cohp.reward.settings import described, understood


class Towers(nn.Module):
    """A CLIP model that takes prompts and images as they come; features have length one."""

    def __init__(self, folder: Path, tokenizer: Path | None = None, *, reads: bool = True) -> None:
        """Describe the model of `folder` without its weights; one that never `reads` needs no text.

        The weights go into `clip`, under transformers' names.
        """
        super().__init__()
        config = clip_config(folder)
        with torch.device("meta"):
            self.clip = CLIPModel(config)
        self.size: int = config.vision_config.image_size
        if reads:
            longest = config.text_config.max_position_embeddings
            files = ("vocab.json", "merges.txt")
            self.words = Words(Path(tokenizer or folder), CLIPTokenizer, files, longest)
        else:
            del self.clip.text_model, self.clip.text_projection, self.clip.logit_scale

    @property
    def scale(self) -> Tensor:
        """What the cosine is multiplied by, as learned."""
        learned: Tensor = self.clip.logit_scale.exp()
        return learned

    def see(self, pixels: Tensor) -> Tensor:
        """Return the direction of each image, given as the vision tower takes it."""
        return directions(self.clip.get_image_features(pixel_values=pixels).pooler_output)

    def read(self, prompts: Sequence[str]) -> Tensor:
        """Return the direction of each prompt; one that stands many times is read once."""
        texts = list(dict.fromkeys(prompts))
        ids, mask = self.words(texts)
        read = self.clip.get_text_features(
            input_ids=ids.to(self.device), attention_mask=mask.to(self.device)
        )
        return directions(read.pooler_output)[[texts.index(prompt) for prompt in prompts]]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


def clip_config(folder: Path) -> CLIPConfig:
    """Read the description of the model in `folder`."""
    config = described(folder, "config.json")
    if config.get("model_type", "clip") != "clip":
        raise BadInput(f"{folder}/config.json does not describe a CLIP model. Name another reward.")
    with understood(folder / "config.json"):
        return CLIPConfig(**config)
