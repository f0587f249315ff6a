"""Work that runs ahead of who needs it: in threads, in order, and never holding too much."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from typing import TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

MOST_THREADS = 8


def ahead(
    asked: Iterable[Asked], work: Callable[[int, Asked], Answered], window: int
) -> Generator[Answered, None, None]:
    """Answer each in order, at most `window` of them ahead; `work` is told its place too."""
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="cohp-ahead")
    waiting: deque[Future[Answered]] = deque()
    try:
        for place, each in enumerate(asked):
            waiting.append(pool.submit(work, place, each))
            if len(waiting) >= window:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


class Room:
    """How much may be held at once, in any unit; whoever is first in line always gets in."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held = 0
        self._first = 0
        self._changed = Condition()

    def take(self, place: int, size: int) -> None:
        """Wait until `size` fits, or until nothing before `place` is still to come."""
        with self._changed:
            self._changed.wait_for(lambda: place <= self._first or self._held + size <= self.most)
            self._held += size

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._held -= size
            self._changed.notify_all()

    def passed(self, place: int) -> None:
        """Note that the one at `place` has come."""
        with self._changed:
            self._first = place + 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let everyone in: nobody is going to give anything back."""
        with self._changed:
            self._first = sys.maxsize
            self._changed.notify_all()
