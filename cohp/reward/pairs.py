"""What the smaller rewards share: pairs of prompt and image checked, batched and scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image
from torch import Tensor, nn

from cohp.errors import BadImage, BadInput
from cohp.reward import digests
from cohp.reward.batching import in_batches
from cohp.reward.checkpoint import Checkpoint
from cohp.reward.images import as_image
from cohp.reward.prepared import Prepared
from cohp.reward.refusal import refusal
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture

Pair = tuple[str, Image | Prepared]


class PairReward(ABC):
    """A reward whose score of a pair is one number, computed for many pairs at once."""

    # Whether the reference computes in half precision where it finds a GPU.
    half = False

    def __init__(
        self,
        folder: Path,
        device: str = "cpu",
        *,
        tokenizer: Path | None = None,
        batch: int = 16,
        revision: str | None = None,
    ) -> None:
        """`folder` holds weights and what describes them, or is the weights' file beside it.

        `tokenizer` is its subfolder of that name, where it has one; `batch` is the most pairs
        run together.
        """
        if batch < 1:
            raise BadInput(f"A batch of {batch} images cannot be scored; name 1 or more.")
        self.device = device
        self._batch = batch
        weights = Checkpoint(Path(folder))
        inside = weights.folder / "tokenizer"
        self._tokenizer = Path(tokenizer or (inside if inside.is_dir() else weights.folder))
        self._model: nn.Module | None = self.build(weights)
        # Now, and not when it is asked for: by then the files may be others.
        self._revision = revision or digests.revision(*self.sources(weights))

    @property
    def revision(self) -> str:
        """Which version of the weights this is."""
        return self._revision

    def score(self, *, prompts: Sequence[str], images: Sequence[Picture | Prepared]) -> list[Score]:
        """Score each image for the prompt at its place, whatever stands beside it."""
        _ = self.model
        pairs = checked(prompts, images)
        with torch.inference_mode(), self._precision():
            means = in_batches(pairs, self._batch, self._means).tolist()
        if not all(isfinite(mean) for mean in means):
            raise BadInput("The reward gave a score that is no number: its weights are damaged.")
        return [Score(mean) for mean in means]

    def close(self) -> None:
        """Let go of the weights and of the device memory they took."""
        self._model = None
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    @property
    def model(self) -> Any:  # noqa: ANN401 - each child knows what it made
        """The loaded model."""
        if self._model is None:
            raise BadInput("This reward was closed. Load it again.")
        return self._model

    @abstractmethod
    def build(self, weights: Checkpoint) -> nn.Module:
        """Make the model and load it."""

    def sources(self, weights: Checkpoint) -> Sequence[Path]:
        """Return the files that a score depends on."""
        return weights.files

    @abstractmethod
    def means(self, prompts: Sequence[str], images: Sequence[Any]) -> Tensor:
        """Return the score of each pair of a prompt and a Pillow image, none of them refused.

        A child with a `prepare` is given what that returned in place of some images.
        """

    def _means(self, pairs: Sequence[Pair]) -> Tensor:
        prompts, images = zip(*pairs, strict=True)
        return self.means(prompts, images).float().cpu()

    def _precision(self) -> AbstractContextManager[object]:
        if self.half and self.device.startswith("cuda"):
            return torch.autocast("cuda", torch.float16)
        return nullcontext()


def checked(prompts: Sequence[str], images: Sequence[Picture | Prepared]) -> list[Pair]:
    """Return the pairs as eight-bit images, or say which of them cannot be scored, and why."""
    if isinstance(prompts, str):
        raise BadInput("prompts is a list with a prompt for each image; this is one text.")
    if len(prompts) != len(images):
        raise BadInput(
            f"There are {len(prompts)} prompts and {len(images)} images: give each its own."
        )
    if not len(images):
        raise BadInput("There is nothing to score: prompts and images are empty.")
    for prompt in prompts:
        if not isinstance(prompt, str):
            raise BadInput(f"A prompt must be text, not {type(prompt).__name__}.")
        # Here, because some tokenizers would mend it and others fail on it.
        if any("\ud800" <= letter <= "\udfff" for letter in prompt):
            raise BadInput("A prompt is not Unicode text: it has half of a surrogate pair.")
    for number, image in enumerate(images, 1):
        if not isinstance(image, Prepared) and (reason := refusal(image)):
            raise BadImage(reason if len(images) == 1 else f"Image {number}: {reason}")
    return [
        (prompt, image if isinstance(image, Prepared) else as_image(image))
        for prompt, image in zip(prompts, images, strict=True)
    ]
