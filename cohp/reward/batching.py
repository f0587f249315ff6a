"""How many rows a device takes at once, from its free memory, and less when it says no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from cohp.errors import OutOfMemory
from cohp.placement.host import free_host

Row = TypeVar("Row")
# A CPU is no faster with more rows, its caches fill; a GPU wants enough of them to be busy.
MOST = {"cpu": 2, "cuda": 32}
SHARE = 0.5  # what else runs here, and the estimate's own error, take the rest


def rows_that_fit(free: int, per_row: int, most: int) -> int:
    """Return how many rows of `per_row` bytes to run together: at least one, at most `most`."""
    return max(1, min(most, int(free * SHARE) // max(1, per_row)))


def free_bytes(device: torch.device) -> int:
    """Return the memory a batch on this device could still take."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + int(cached)
    return free_host()


def in_batches(
    rows: Sequence[Row], size: int, work: Callable[[Sequence[Row]], torch.Tensor]
) -> torch.Tensor:
    """Run `work` over the rows, `size` at a time, halved whenever the memory does not hold them."""
    done: list[torch.Tensor] = []
    start = 0
    while start < len(rows):
        batch = rows[start : start + size]
        made = _tried(work, batch)
        if made is not None:
            done.append(made)
            start += len(batch)
        elif len(batch) == 1:
            raise OutOfMemory(
                "Not even one image fits beside the reward model. Free memory on the device, "
                "score on another, or load a large reward in fewer bits (quantize)."
            )
        else:
            size = len(batch) // 2
    return torch.cat(done)


def _tried(
    work: Callable[[Sequence[Row]], torch.Tensor], batch: Sequence[Row]
) -> torch.Tensor | None:
    try:
        return work(batch)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    # Only here, with the exception gone, are the tensors it held free to be given back.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell a lack of memory from every other trouble; the CPU has no exception of its own."""
    said = str(error)
    return (
        isinstance(error, torch.OutOfMemoryError)
        or "DefaultCPUAllocator" in said
        or "out of memory" in said
    )
