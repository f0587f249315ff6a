"""Linear layers whose weights are kept in eight or four bits and unpacked as they are used."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cohp.errors import BadInput

BITS = {"8bit": 8, "4bit": 4}
# Half of a language model's weights and more are in its MLPs, and they bear rounding best: with
# four bits for them alone a score moves a third as far as with four bits for all.
COARSEST = "language_model.layers.", ".mlp."
GROUP = 64


def bits(quantize: str | None) -> int | None:
    """Read the `quantize` option: None, 8bit or 4bit."""
    if quantize is None:
        return None
    if quantize not in BITS:
        raise BadInput(f"quantize is 8bit or 4bit, not {quantize!r}.")
    return BITS[quantize]


class PackedLinear(nn.Module):
    """A linear layer in few bits: whole numbers, with a step and a low for every 64 weights.

    Only the memory shrinks. Each use unpacks the layer into the type of its input, so the
    arithmetic is the full model's on rounded weights.
    """

    packed: Tensor
    step: Tensor
    low: Tensor

    def __init__(self, weight: Tensor, bias: nn.Parameter | None, depth: int) -> None:
        super().__init__()
        out, width = weight.shape
        # A width that does not divide becomes one group a row.
        group = GROUP if width % GROUP == 0 else width
        grouped = weight.float().reshape(out, width // group, group)
        low, high = grouped.amin(-1, keepdim=True), grouped.amax(-1, keepdim=True)
        most = 2**depth - 1
        # Rounded to the type they are kept in first, so that the whole numbers suit them.
        step = ((high - low) / most).clamp_min(1e-12).to(weight.dtype)
        low = low.to(weight.dtype)
        whole = ((grouped - low.float()) / step.float()).round().clamp(0, most)
        whole = whole.to(torch.uint8).reshape(out, width)
        self.paired = depth <= BITS["4bit"] and width % 2 == 0
        self.register_buffer("packed", _pairs(whole) if self.paired else whole)
        self.register_buffer("step", step)
        self.register_buffer("low", low)
        self.bias = bias

    def forward(self, values: Tensor) -> Tensor:
        """Apply the layer."""
        whole = _unpaired(self.packed) if self.paired else self.packed
        out, groups, _ = self.step.shape
        grouped = whole.reshape(out, groups, -1).to(values.dtype)
        weight = torch.addcmul(self.low.to(values.dtype), grouped, self.step.to(values.dtype))
        return functional.linear(values, weight.reshape(out, -1), self.bias)


def pack(model: nn.Module, name: str, weight: Tensor, depth: int) -> bool:
    """Put a packed layer where the linear layer that owns `name` is; False if it is none."""
    path, _, leaf = name.rpartition(".")
    layer = model.get_submodule(path)
    if leaf != "weight" or not isinstance(layer, nn.Linear):
        return False
    owner, _, child = path.rpartition(".")
    setattr(
        model.get_submodule(owner), child, PackedLinear(weight, layer.bias, depth_of(name, depth))
    )
    return True


def depth_of(name: str, depth: int) -> int:
    """Return the bits of the layer that owns `name` where the coarsest layers get `depth`."""
    part, mlp = COARSEST
    return depth if name.startswith(part) and mlp in name else BITS["8bit"]


def _pairs(whole: Tensor) -> Tensor:
    return whole[:, 0::2] | (whole[:, 1::2] << 4)


def _unpaired(packed: Tensor) -> Tensor:
    return torch.stack((packed & 15, packed >> 4), dim=-1).flatten(-2)
