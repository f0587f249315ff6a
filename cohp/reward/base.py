"""What every reward model offers; nothing else of one is known outside its file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from cohp.types import Score

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    Picture = Image | torch.Tensor


class Reward(Protocol):
    """One loaded reward model; a score depends on its own prompt and image alone."""

    @property
    def revision(self) -> str:
        """Which version of the weights this is, as recorded in the journal."""
        ...

    def score(self, *, prompts: Sequence[str], images: Sequence[Picture]) -> list[Score]:
        """Score each image for the prompt at its place; a tensor is (3, H, W) in [0, 1].

        Raises `BadImage` for one that cannot be scored; ask `cohp.reward.refusal` first.
        """
        ...

    def close(self) -> None:
        """Let go of the device memory."""
        ...
