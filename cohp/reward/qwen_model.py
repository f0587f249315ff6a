"""Builds a Qwen reward without memory, then fills it with weights where they are to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cohp.errors import BadInput, MissingWeights
from cohp.reward.checkpoint import Checkpoint, Shape
from cohp.reward.fitting import Names, assign, fit
from cohp.reward.packed import bits, pack
from cohp.reward.qwen_sight import Grid
from cohp.reward.qwen_vision import FramePatches

Heads = dict[str, nn.Module]
PACKED = ("language_model.layers.", "visual.blocks.")  # all but a few percent of the weights


@dataclass(frozen=True)
class Plan:
    """Where weights go and in what form; names that start with one in `coarse` are backbone."""

    device: torch.device
    wanted: str | None
    quantize: str | None
    coarse: tuple[str, ...]

    @property
    def dtype(self) -> torch.dtype:
        """The backbone's type: what was asked for, else bfloat16 on a GPU, float32 on a CPU."""
        usual = "float32" if self.device.type == "cpu" else "bfloat16"
        dtype = getattr(torch, self.wanted or usual, None)
        if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
            raise BadInput(f"dtype is float32, bfloat16 or float16, not {self.wanted!r}.")
        return dtype


def bare(build: Callable[[], Heads]) -> nn.ModuleDict:
    """Build a model on the meta device, but for the rotary tables, which no file holds."""
    with torch.device("meta"):
        model = nn.ModuleDict(build())
    visual: Any = model["visual"]
    language: Any = model["language_model"]
    visual.rotary_pos_emb = type(visual.rotary_pos_emb)(visual.config)
    language.rotary_emb = type(language.rotary_emb)(language.config)
    visual.patch_embed = FramePatches(visual.patch_embed.proj)
    return model.eval()


def fill(model: nn.ModuleDict, weights: Checkpoint, names: Names, plan: Plan) -> None:
    """Move every tensor from its file to its place, one at a time."""
    depth = bits(plan.quantize)

    def place(name: str, tensor: Tensor) -> None:
        coarse = name.startswith(plan.coarse)
        tensor = tensor.to(plan.device, plan.dtype if coarse else torch.float32)
        if depth and name.startswith(PACKED) and pack(model, name, tensor, depth):
            return
        assign(model, name, tensor)

    fit(model, weights, names, place)
    model.to(plan.device)


def mlp(
    stored: Mapping[str, Shape], name: str, width: int, *between: nn.Module | None
) -> nn.Sequential:
    """Make the linear layers `name.0`, ... as wide as they are stored, with `between` in between.

    A `None` in `between` stands for the next linear layer.
    """
    layers: list[nn.Module] = []
    for number, other in enumerate((None, *between)):
        if other is None:
            out = rows(stored, f"{name}.{number}.weight")
            layers.append(nn.Linear(width, out))
            width = out
        else:
            layers.append(other)
    return nn.Sequential(*layers)


def rows(stored: Mapping[str, Shape], name: str) -> int:
    """Return how many rows a stored tensor has."""
    if name not in stored:
        raise MissingWeights(f"The weights have no tensor {name}: they are another model's.")
    return stored[name][0]


def row_bytes(model: nn.ModuleDict, dtype: torch.dtype, length: int, grid: Grid) -> int:
    """Estimate what one row's activations take: the most of the two towers, at their widest."""
    text: Any = model["language_model"].config
    visual: Any = model["visual"]
    seen = visual.blocks[0].norm1.normalized_shape[0]
    # The widest moment is a layer's MLP: its inner values thrice, and a dozen states around it.
    spoken = length * (3 * text.intermediate_size + 12 * text.hidden_size) * dtype.itemsize
    # A vision MLP is four times its width; rotation is done in float32.
    looked = grid[0] * grid[1] * seen * (20 * dtype.itemsize + 16)
    return int(max(spoken, looked))
