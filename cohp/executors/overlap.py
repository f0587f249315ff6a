"""Scores a batch while the next is drawn, where the judges have a device or a stream for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from cohp.types import Answer, Drawn, Unscored

Batch = Sequence[Drawn | Unscored]
Score = Callable[[Batch], Sequence[Answer]]
# Batches that wait for their scores: more would only hold their pictures longer.
WAITING = 1


class Scoring:
    """Answers of batches in the order they were drawn; each score comes with its own image."""

    def __init__(self, score: Score, *, beside: bool, device: str = "cpu") -> None:
        """Score with `score`, in a thread on `device` if `beside`, else at once."""
        self._score = score
        self._pool = ThreadPoolExecutor(1, "scoring") if beside else None
        self._stream = _stream(device) if beside else nullcontext
        self._waiting: deque[Future[Sequence[Answer]]] = deque()

    def put(self, batch: Batch) -> Iterator[Sequence[Answer]]:
        """Take a batch to score, and yield what has its answers by now."""
        if self._pool is None:
            yield self._score(batch)
            return
        self._waiting.append(self._pool.submit(self._scored, batch))
        while len(self._waiting) > WAITING or (self._waiting and self._waiting[0].done()):
            yield self._waiting.popleft().result()

    def rest(self) -> Iterator[Sequence[Answer]]:
        """Yield the answers that are still to come."""
        while self._waiting:
            yield self._waiting.popleft().result()

    def __enter__(self) -> Self:
        """Return itself, to be left when nothing more is drawn."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the batch in hand, which nobody may want any more."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def _scored(self, batch: Batch) -> Sequence[Answer]:
        with self._stream():
            return self._score(batch)


def _stream(device: str) -> Callable[[], AbstractContextManager[object]]:
    """Return what has a thread's work run on a stream of its own, where a device has streams."""
    if not device.startswith("cuda"):
        return nullcontext
    import torch  # noqa: PLC0415 - the processor needs none

    stream: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    return lambda: torch.cuda.stream(stream)
