"""LAION's aesthetic predictor v2: how pleasing an image is, whatever the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL.Image import Image
from torch import Tensor, nn

from cohp.errors import BadInput, MissingWeights
from cohp.reward import tensors
from cohp.reward.clip_images import openai_crop
from cohp.reward.clip_towers import Towers
from cohp.reward.pairs import PairReward

# Where a Linear stands in the published sequence; between them are dropouts, inert here.
PLACES = (0, 2, 4, 6, 7)


class Aesthetic(PairReward):
    """A rating of about 1 to 10, most images between 4 and 7; the prompt is not read."""

    def __init__(
        self,
        folder: Path,
        device: str = "cpu",
        *,
        clip: Path | None = None,
        batch: int = 16,
        revision: str | None = None,
    ) -> None:
        """`folder` holds the head; `clip` the image tower: the folder of that name beside it."""
        weights = tensors.weights_file(Path(folder))
        beside = Path(clip) if clip else weights.absolute().parent.parent / "clip"
        if not beside.exists():
            raise MissingWeights(
                f"The aesthetic head needs CLIP ViT-L/14 and there is no {beside}. Put the files "
                "of openai/clip-vit-large-patch14 there, or name their folder with clip=."
            )
        tower = tensors.weights_file(beside)
        super().__init__([weights, tower], device, batch, revision)
        towers = Towers(tower.parent, reads=False)
        unread = ("text_model.", "text_projection.", "logit_scale")
        tensors.fit(towers.clip, tensors.read(tower), path=tower, device=device, spare=unread)
        learned = tensors.read(weights)
        head = linears(learned, towers.clip.projection_dim, PLACES, "layers.")
        tensors.fit(head, learned, path=weights, device=device, named=lambda name: f"layers.{name}")
        self._model = nn.ModuleDict({"towers": towers, "head": head}).eval()

    def means(self, prompts: Sequence[str], images: Sequence[Image]) -> Tensor:  # noqa: ARG002
        """Return the rating of each image."""
        if self._model is None:
            raise BadInput("This reward was closed. Load it again.")
        towers: Any = self._model.get_submodule("towers")
        rating: Tensor = self._model.get_submodule("head")(towers.see(images, openai_crop))
        return rating[:, 0]


def linears(
    learned: dict[str, Tensor], width: int, places: Sequence[int], prefix: str
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
