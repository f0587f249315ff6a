"""Parts of a batch drawn side by side, each on its own cores of a processor.

One small network leaves most cores idle: its products are too small to be worth dividing. Two
halves of a batch, drawn at once by a core each, take little more than half the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from copy import copy, deepcopy
from itertools import pairwise
from typing import TypeVar

import torch

from cohp.pipelines.denoiser import Denoiser
from cohp.pipelines.families.base import Family
from cohp.pipelines.foreign import Pipe
from cohp.pipelines.speed import denoiser_of

Item = TypeVar("Item")
Done = TypeVar("Done")

# Larger weights make products that are worth dividing, and would be read once a lane.
SMALL = 128 << 20
# Python runs one lane at a time between the products.
MOST = 4


class Lanes:
    """The denoisers of one pipeline: they share its weights, and each keeps its own schedule."""

    def __init__(self, pipe: Pipe, family: Family, first: Denoiser) -> None:
        threads = torch.get_num_threads()
        weights = sum(int(each.nbytes) for each in denoiser_of(pipe).parameters())
        # A network that waits in main memory for its turn on a GPU is drawn with there.
        count = lanes_for(weights) if first.device.type == "cpu" else 1
        self._denoisers = [first, *(Denoiser(_twin(pipe), family) for _ in range(count - 1))]
        self._pool = ThreadPoolExecutor(
            count, "lane", initializer=torch.set_num_threads, initargs=(threads // count,)
        )

    def parts(self, batch: Sequence[Item]) -> list[Sequence[Item]]:
        """Cut a batch into what each lane draws of it."""
        count = min(len(self._denoisers), len(batch))
        edges = [round(len(batch) * place / count) for place in range(count + 1)]
        return [batch[start:end] for start, end in pairwise(edges)]

    def each(self, do: Callable[[Denoiser, Item], Done], parts: Sequence[Item]) -> list[Done]:
        """Return what each lane's denoiser does with its part, all at once."""
        if len(parts) == 1:
            return [do(self._denoisers[0], parts[0])]
        threads = torch.get_num_threads()
        try:
            at_work = [
                self._pool.submit(torch.inference_mode()(do), denoiser, part)
                for denoiser, part in zip(self._denoisers, parts, strict=False)
            ]
            # All of them: what one lane holds must be free before the batch is tried smaller.
            wait(at_work)
            return [each.result() for each in at_work]
        finally:
            # Each lane's own number became that of every thread to come.
            torch.set_num_threads(threads)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown()


def lanes_for(weights: int) -> int:
    """Return how many lanes a denoiser of so many bytes gets on a processor."""
    return min(torch.get_num_threads(), MOST) if weights <= SMALL else 1


def _twin(pipe: Pipe) -> Pipe:
    """Return a pipeline of the same parts, but for the schedule, which changes as it draws."""
    twin = copy(pipe)
    twin.scheduler = deepcopy(pipe.scheduler)
    return twin
