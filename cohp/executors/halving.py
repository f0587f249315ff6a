"""Out of memory is an event, not an end: smaller batches first, then less memory for each image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from cohp.errors import OutOfMemory

Item = TypeVar("Item")
Result = TypeVar("Result")


def _nothing(_worker: str) -> str | None:
    return None


class Halving:
    """Splits work into batches, and remembers for each worker what fitted."""

    def __init__(
        self, note: Callable[[str], None], spare: Callable[[str], str | None] = _nothing
    ) -> None:
        """Tell `note` of all that is changed.

        Where one item alone does not fit, `spare` has a worker make do with less and says how, or
        says None where nothing is left to do.
        """
        self._fits: dict[str, int] = {}
        self._note = note
        self._spare = spare

    def batches(
        self,
        worker: str,
        items: Sequence[Item],
        work: Callable[[Sequence[Item]], Sequence[Result]],
        most: int | None = None,
    ) -> Iterator[Sequence[Result]]:
        """Yield what `work` makes of each batch, of `most` items at the start.

        What does not fit, however small the batch and however little is used, raises.
        """
        start = 0
        while start < len(items):
            size = min(self._fits.get(worker, most or len(items)), len(items) - start)
            try:
                results = work(items[start : start + size])
            except OutOfMemory as error:
                alone = size == 1 or not error.by_batch
                if alone and (how := self._spare(worker)):
                    self._note(f"{worker}: not even one image fits; from now on {how}.")
                elif size > 1:
                    self._fits[worker] = size // 2
                    self._note(f"{worker}: {size} at once do not fit; going on with {size // 2}.")
                else:
                    raise
                continue
            start += size
            yield results
