"""Runs a Qwen vision tower over images of one size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cohp.reward.qwen_sight import Grid


class FramePatches(nn.Module):
    """The tower's patch embedding for a still image.

    The tower reads film, two frames at a time, and a still image is the same frame twice: the
    two halves of the kernel are added instead. As the patches do not overlap it is one matrix
    product, which is many times faster than the 3D convolution on a CPU. It is a thousandth of
    the work, so it is done in float32 whatever the tower's type is.
    """

    def __init__(self, convolution: nn.Conv3d) -> None:
        super().__init__()
        self.proj = convolution

    def forward(self, patches: Tensor) -> Tensor:
        """Embed rows of one patch each."""
        kernel = self.proj.weight.float().sum(2).flatten(1)
        bias = None if self.proj.bias is None else self.proj.bias.float()
        return functional.linear(patches, kernel, bias).to(self.proj.weight.dtype)


def see(visual: Any, patches: Tensor, grid: Grid) -> tuple[Tensor, list[Tensor]]:  # noqa: ANN401
    """Return the image tokens of a batch (B, patches, values) and its deepstack features.

    Each is (B, tokens, width).
    """
    batch, count, _ = patches.shape
    sizes = torch.tensor([[1, *grid]], device=patches.device).expand(batch, 3)
    # Where each image ends is wanted on the host, by every layer: a device would be waited for.
    ends = torch.arange(0, (batch + 1) * count, count, dtype=torch.int32)
    seen = visual(patches.flatten(0, 1), grid_thw=sizes, cu_seqlens=ends)
    deep = getattr(seen, "deepstack_features", None) or []
    return _split(seen.pooler_output, batch), [_split(feature, batch) for feature in deep]


def _split(tokens: Tensor, batch: int) -> Tensor:
    return tokens.reshape(batch, -1, tokens.shape[-1])
