"""Follows a batch that a cluster works on: keeps the book, tells who watches, keeps the page."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Protocol, Self

from cohp.batch.book import Book, Done
from cohp.batch.lines import Asked
from cohp.batch.page import Page
from cohp.batch.records import GO_ON, Records
from cohp.errors import Interrupted

# Seconds between two pages: each is one object, written anew.
PAGE_EVERY = 60.0


@dataclass(frozen=True)
class Cluster:
    """What a cluster has, how much of it is taken, and where it shows what it does."""

    nodes: int
    cpus: float
    cpus_used: float
    gpus: float
    gpus_used: float
    dashboard: str | None = None


@dataclass(frozen=True)
class Where:
    """The cluster to work on, and how many of its workers draw: a number, or two limits."""

    address: str | None = None
    workers: str | None = None


class Watcher(Protocol):
    """Shows what became of each prompt, and how the cluster is."""

    def tell(self, asked: Asked, done: Done) -> None:
        """Show what became of a prompt."""
        ...

    def state(self, cluster: Cluster) -> None:
        """Show how the cluster is by now."""
        ...


class Driving:
    """Hears, from any thread, what the cluster did; in a `with` block, while it works."""

    def __init__(self, records: Records, book: Book, watch: Watcher) -> None:
        self._records = records
        self._book = book
        self._watch = watch
        self._asked = {each.number: each for each in book.asked}
        self._page = Page(book, records.pictures)
        self._lock = Lock()
        self._written = monotonic()

    def done(self, done: Done) -> None:
        """Hear what became of a prompt, whose record is there."""
        with self._lock:
            self._book.take(done)
            self._watch.tell(self._asked[done.number], done)
            if monotonic() - self._written >= PAGE_EVERY:
                self._put_page()

    def state(self, cluster: Cluster) -> None:
        """Hear how the cluster is by now."""
        with self._lock:
            self._watch.state(cluster)

    def __enter__(self) -> Self:
        """Begin to hear."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write the page; raises `Interrupted` where the cluster ended before all was done."""
        self._put_page()
        if kind is None and self._book.left(retry=False):
            raise Interrupted(str(self._records.place), GO_ON)

    def _put_page(self) -> None:
        self._records.page(self._page.draw().encode())
        self._written = monotonic()
