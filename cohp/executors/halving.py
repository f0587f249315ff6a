"""Out of memory is an event, not an end: a batch that does not fit is done in halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from cohp.errors import OutOfMemory

Item = TypeVar("Item")
Result = TypeVar("Result")


class Halving:
    """Splits work into batches, and remembers for each worker what fitted."""

    def __init__(self, note: Callable[[str], None]) -> None:
        """Tell `note` of every batch that had to be halved."""
        self._fits: dict[str, int] = {}
        self._note = note

    def batches(
        self, worker: str, items: Sequence[Item], work: Callable[[Sequence[Item]], Sequence[Result]]
    ) -> Iterator[Sequence[Result]]:
        """Yield what `work` makes of each batch; an item that does not fit alone raises."""
        start = 0
        while start < len(items):
            size = min(self._fits.get(worker, len(items)), len(items) - start)
            try:
                results = work(items[start : start + size])
            except OutOfMemory:
                if size == 1:
                    raise
                self._fits[worker] = size // 2
                self._note(f"{worker}: {size} at once do not fit; going on with {size // 2}.")
                continue
            start += size
            yield results
