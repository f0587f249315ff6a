"""LAION's aesthetic predictor v2: how pleasing an image is, whatever the prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL.Image import Image
from torch import Tensor, nn

from cohp.errors import MissingWeights
from cohp.reward.checkpoint import Checkpoint
from cohp.reward.clip_images import openai_crop
from cohp.reward.clip_towers import Towers
from cohp.reward.fitting import load, stored_as, unread
from cohp.reward.seeing import SeeingReward, Seen

# Where a Linear stands in the published sequence; between them are dropouts, inert here.
PLACES = (0, 2, 4, 6, 7)
UNREAD = ("text_model.", "text_projection.", "logit_scale")


class Aesthetic(SeeingReward):
    """A rating of about 1 to 10, most images between 4 and 7; the prompt is not read."""

    def __init__(
        self,
        folder: Path,
        device: str = "cpu",
        *,
        clip: Path | None = None,
        **options: Any,  # noqa: ANN401 - passed on
    ) -> None:
        """`folder` holds the head; `clip` the image tower: the folder of that name beside it."""
        self._clip = clip
        super().__init__(folder, device, **options)

    def build(self, weights: Checkpoint) -> nn.Module:
        """Make CLIP's image tower and the head."""
        self._tower = tower = Checkpoint(self._beside(weights))
        towers = Towers(tower.folder, reads=False)
        load(towers.clip, tower, unread(tower, UNREAD), self.device)
        head = linears(weights, towers.clip.projection_dim, PLACES, "layers.")
        load(head, weights, stored_as(head, lambda name: f"layers.{name}"), self.device)
        return nn.ModuleDict({"towers": towers, "head": head}).eval()

    def sources(self, weights: Checkpoint) -> Sequence[Path]:
        """Return the head's file and the tower's."""
        return [*weights.files, *self._tower.files]

    def squared(self, image: Image) -> Tensor:
        """Resize and crop as OpenAI's CLIP does."""
        return openai_crop(image, self.model["towers"].size)

    def features(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:  # noqa: ARG002
        """Return the direction of each image."""
        towers: Towers = self.model["towers"]
        return towers.see(self.pixels(images))

    def means(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return the rating of each image."""
        rating: Tensor = self.model["head"](self.features(prompts, images))
        return rating[:, 0]

    def _beside(self, weights: Checkpoint) -> Path:
        place = Path(self._clip) if self._clip else weights.folder.absolute().parent / "clip"
        if not place.exists():
            raise MissingWeights(
                f"The aesthetic head needs CLIP ViT-L/14 and there is no {place}. Put the files "
                "of openai/clip-vit-large-patch14 there, or name their folder with clip=."
            )
        return place


def linears(
    learned: Mapping[str, Tensor], width: int, places: Sequence[int], prefix: str
) -> nn.Module:
    """Return a chain of Linears without weights, as wide as the checkpoint's own biases say."""
    chain = nn.Sequential()
    for place in places:
        bias = learned.get(f"{prefix}{place}.bias")
        # A missing bias is reported as such when the weights are fitted.
        wide = 1 if bias is None or not bias.ndim else bias.shape[0]
        chain.add_module(str(place), nn.Linear(width, wide, device="meta"))
        width = wide
    return chain
