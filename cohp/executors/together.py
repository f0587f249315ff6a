"""Many pieces of work at once over one executor: some in flight, the next begun as one ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from cohp.executors.base import Executor
from cohp.executors.merging import Merging, Seat

Outcome = TypeVar("Outcome")
# Asks through the executor it is given, and returns what is left to do once it asks no more.
Work = Callable[[Executor], Callable[[], Outcome]]


def together(inner: Executor, works: Iterable[Work[Outcome]], slots: int) -> Iterator[Outcome]:
    """Yield what each work comes to as it ends, with at most `slots` of them asking at a time.

    A slot that ends takes up the next work before the others draw on, so that batches stay full.
    """
    with Merging(inner) as merging, ThreadPoolExecutor(1, "finishing") as finishing:
        shared = _Slots(works, finishing)
        # All seats before the first asks, so that the first wave is full.
        seats = [merging.seat() for _ in range(slots)]
        threads = [Thread(target=shared.work, args=(seat,), daemon=True) for seat in seats]
        for thread in threads:
            thread.start()
        try:
            yield from shared.outcomes(slots)
        finally:
            shared.quit.set()
            for thread in threads:
                thread.join()


class _Slots(Generic[Outcome]):
    """Works that several threads take from, and the outcomes that they put."""

    def __init__(self, works: Iterable[Work[Outcome]], finishing: ThreadPoolExecutor) -> None:
        self._source = iter(works)
        self._lock = Lock()
        self._finishing = finishing
        self._done: SimpleQueue[Outcome | BaseException | None] = SimpleQueue()
        self.quit = Event()

    def work(self, seat: Seat) -> None:
        """Do one work after the other until there are no more."""
        try:
            while begin := self._next():
                self._finishing.submit(self._finish, begin(seat))
        except BaseException as error:  # noqa: BLE001 - raised where the outcomes are awaited
            self._done.put(error)
        finally:
            seat.close()
            # Behind whatever this slot has left to finish.
            self._finishing.submit(self._done.put, None)

    def outcomes(self, slots: int) -> Iterator[Outcome]:
        """Yield each outcome until all slots have ended."""
        while slots:
            outcome = self._done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is None:
                slots -= 1
            else:
                yield outcome

    def _next(self) -> Work[Outcome] | None:
        with self._lock:
            return None if self.quit.is_set() else next(self._source, None)

    def _finish(self, last: Callable[[], Outcome]) -> None:
        try:
            self._done.put(last())
        except BaseException as error:  # noqa: BLE001 - raised where the outcomes are awaited
            self._done.put(error)
