"""PickScore: the scaled cosine of a ViT-H-14 tuned on the choices of Pick-a-Pic's users."""

from __future__ import annotations

from torch import Tensor

from cohp.reward.clipscore import ClipReward


class PickScore(ClipReward):
    """Which image of a prompt people pick: about 18 to 24 with the published weights."""

    @property
    def scale(self) -> Tensor:
        """The scale that was learned."""
        learned: Tensor = self.model.scale
        return learned
