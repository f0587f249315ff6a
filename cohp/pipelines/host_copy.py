"""A module's weights kept in main memory, so that leaving a device costs nothing."""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor, nn

PLAIN = (Tensor, nn.Parameter)


class HostCopy:
    """A module that comes to a device and leaves it again; its weights never change.

    On CUDA the copy is pinned: from there the bus carries it at its full rate.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._held: list[tuple[Tensor, Tensor]] = []

    def leave(self) -> None:
        """Have the module refer to its copy, which is made the first time."""
        tensors = list(chain(self._module.parameters(), self._module.buffers()))
        if not all(type(each) in PLAIN for each in tensors):
            # What torchao packs has its data elsewhere.
            self._module.to("cpu")
            return
        if not self._held:
            self._held = [(each, _copied(each.data)) for each in tensors]
        for tensor, held in self._held:
            tensor.data = held

    def arrive(self, device: torch.device) -> None:
        """Bring the module to a device; the copy stays."""
        if not self._held:
            self._module.to(device)
        for tensor, held in self._held:
            tensor.data = held.to(device, non_blocking=True)


def _copied(data: Tensor) -> Tensor:
    on_host = data.cpu()
    return on_host.pin_memory() if torch.cuda.is_available() else on_host
