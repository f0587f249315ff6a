"""Gives a model without weights those of a checkpoint, once all of them are known to fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from cohp.errors import BadInput
from cohp.reward.checkpoint import Checkpoint, Shape

# What a stored tensor is called in the model; None for one that is not read at all.
Names = Mapping[str, str | None]
# Counted, not learned: old checkpoints hold them, newer models do not.
COUNTED = "position_ids"


def fit(
    module: nn.Module, weights: Checkpoint, names: Names, place: Callable[[str, Tensor], object]
) -> None:
    """Give every stored tensor to `place` by its name in the module, one at a time.

    A tensor that `names` does not have keeps its own name. The first one that is missing, of
    another shape or unknown is said, by the name it is stored under.
    """
    wanted = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    stored = {
        theirs: ours
        for theirs in weights
        if (ours := names.get(theirs, theirs)) in wanted or not theirs.endswith(COUNTED)
    }
    theirs = {ours: name for name, ours in (*names.items(), *stored.items()) if ours}
    shapes = {ours: weights.shapes[name] for name, ours in stored.items() if ours}
    check(wanted, shapes, f"{weights} does not fit", theirs)
    for name, ours in stored.items():
        if ours:
            place(ours, weights[name])


def check(
    wanted: Mapping[str, Shape],
    stored: Mapping[str, Shape],
    trouble: str = "The weights do not fit",
    called: Mapping[str, str] | None = None,
) -> None:
    """Compare the names and shapes of a model and of its weights; name the first that differs.

    `called` has the names that tensors are stored under, where these are others.
    """
    called = called or {}
    for name, shape in wanted.items():
        if stored.get(name) != shape:
            has = f"has shape {stored[name]}" if name in stored else "is missing"
            raise BadInput(
                f"{trouble}: {called.get(name, name)} {has} and should have shape {shape}. Get the "
                "weights and their settings again, or name the reward they belong to."
            )
    for name, shape in stored.items():
        if name not in wanted:
            raise BadInput(
                f"{trouble}: there is {called.get(name, name)} of shape {shape}, which this model "
                "does not have. Name the reward the weights belong to."
            )


def load(module: nn.Module, weights: Checkpoint, names: Names, device: str) -> None:
    """Give a module built on the meta device its weights in float32, ready to score."""

    def place(name: str, tensor: Tensor) -> None:
        whole = tensor.float() if tensor.is_floating_point() else tensor
        assign(module, name, whole.to(device))

    fit(module, weights, names, place)
    for name, buffer in list(module.named_buffers()):
        if buffer.is_meta:  # only positions are left
            counted = torch.arange(buffer.shape[-1], device=device).expand(buffer.shape)
            assign(module, name, counted)
    module.eval()


def assign(module: nn.Module, name: str, tensor: Tensor) -> None:
    """Put a tensor where the parameter or buffer called `name` is, without a copy."""
    path, _, leaf = name.rpartition(".")
    owner = module.get_submodule(path)
    buffer = leaf in dict(owner.named_buffers(recurse=False))
    setattr(owner, leaf, tensor if buffer else nn.Parameter(tensor, requires_grad=False))


def stored_as(module: nn.Module, theirs: Callable[[str], str]) -> Names:
    """Return the names of a module's tensors by what `theirs` says they are stored as."""
    return {theirs(name): name for name in module.state_dict()}


def unread(weights: Checkpoint, beginnings: tuple[str, ...]) -> Names:
    """Mark the stored tensors whose names begin so as ones that are not read."""
    return {name: None for name in weights if name.startswith(beginnings)}
