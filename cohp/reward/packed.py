"""Linear layers whose weights are kept in eight or four bits and unpacked as they are used."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cohp.errors import BadInput

BITS = {"8bit": 8, "4bit": 4}
GROUP = 32


def bits(quantize: str | None) -> int | None:
    """Read the `quantize` option: None, 8bit or 4bit."""
    if quantize is None:
        return None
    if quantize not in BITS:
        raise BadInput(f"quantize is 8bit or 4bit, not {quantize!r}.")
    return BITS[quantize]


class PackedLinear(nn.Module):
    """A linear layer in few bits: whole numbers, and a scale for every group of 32 weights.

    Only the memory shrinks. Each use unpacks the layer into the type of its input, so the
    arithmetic is the full model's on rounded weights.
    """

    packed: Tensor
    scale: Tensor

    def __init__(self, weight: Tensor, bias: nn.Parameter | None, depth: int) -> None:
        super().__init__()
        out, width = weight.shape
        # A width that does not divide becomes one group a row.
        group = GROUP if width % GROUP == 0 else width
        grouped = weight.float().reshape(out, width // group, group)
        top = 2 ** (depth - 1) - 1
        scale = grouped.abs().amax(-1, keepdim=True).clamp_min(1e-12) / top
        whole = (grouped / scale).round().clamp(-top, top).to(torch.int8).reshape(out, width)
        self.depth = depth if width % 2 == 0 else 8
        self.register_buffer("packed", whole if self.depth == 8 else _pairs(whole))  # noqa: PLR2004
        self.register_buffer("scale", scale.to(weight.dtype))
        self.bias = bias

    def forward(self, values: Tensor) -> Tensor:
        """Apply the layer."""
        whole = self.packed if self.depth == 8 else _unpaired(self.packed)  # noqa: PLR2004
        out, groups, _ = self.scale.shape
        weight = whole.reshape(out, groups, -1).to(values.dtype) * self.scale.to(values.dtype)
        return functional.linear(values, weight.reshape(out, -1), self.bias)


def pack(model: nn.Module, name: str, weight: Tensor, depth: int) -> bool:
    """Put a packed layer where the linear layer that owns `name` is; False if it is none."""
    path, _, leaf = name.rpartition(".")
    layer = model.get_submodule(path)
    if leaf != "weight" or not isinstance(layer, nn.Linear):
        return False
    owner, _, child = path.rpartition(".")
    setattr(model.get_submodule(owner), child, PackedLinear(weight, layer.bias, depth))
    return True


def _pairs(whole: Tensor) -> Tensor:
    lifted = (whole + 8).to(torch.uint8)
    return lifted[:, 0::2] | (lifted[:, 1::2] << 4)


def _unpaired(packed: Tensor) -> Tensor:
    low, high = packed & 15, packed >> 4
    return torch.stack((low, high), dim=-1).flatten(-2).to(torch.int8) - 8
