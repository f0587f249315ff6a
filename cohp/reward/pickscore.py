"""PickScore: the scaled cosine of a ViT-H-14 tuned on the choices of Pick-a-Pic's users."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from cohp.reward.clipscore import ClipReward
from cohp.reward.seeing import Seen


class PickScore(ClipReward):
    """Which image of a prompt people pick: about 18 to 24 with the published weights."""

    def means(self, prompts: Sequence[str], images: Sequence[Seen]) -> Tensor:
        """Return the cosine of each pair times the learned scale."""
        scale: Tensor = self.model.scale
        return scale * self.cosines(prompts, images)
