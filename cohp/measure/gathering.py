"""Opened images in batches: as many at once as a device takes in about a second, within bounds."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from time import monotonic

from cohp.executors.base import Stop
from cohp.measure.ahead import Room, ahead
from cohp.measure.items import Item
from cohp.measure.opening import Done, Opened, Opener, nothing_done
from cohp.measure.panel import Panel
from cohp.measure.score_cache import ScoreCache

# A batch grows while it takes less than SHORT seconds, so that a fast device is kept busy and
# a slow one still answers often.
MOST = 64
SHORT, LONG = 1.0, 4.0
WINDOW = 2 * MOST
# Some 256 MB as Pillow holds them.
MOST_PIXELS = 1 << 26


class Gathering:
    """Opens items for a panel in threads and gathers them into batches, in order."""

    def __init__(
        self,
        items: Iterable[Item],
        panel: Panel,
        cache: ScoreCache | None = None,
        done: Done = nothing_done,
    ) -> None:
        self._room = Room(MOST_PIXELS)
        self._stream = ahead(items, Opener(panel, cache, done, self._room), WINDOW)
        self._size = 1
        self._fresh = 0
        self._pixels = 0

    def batches(self, stop: Stop | None = None) -> Generator[list[Opened], None, None]:
        """Go through the batches; once `stop` is set, no further one is begun."""
        # The room closes first: a thread that waits in it would keep the stream from closing.
        with closing(self._stream), closing(self._room):
            batch: list[Opened] = []
            for place, opened in enumerate(self._stream):
                self._room.passed(place)
                batch.append(opened)
                self._fresh += bool(opened.ready)
                self._pixels += opened.pixels
                if self._is_full(len(batch)):
                    if stop is not None and stop.is_set():
                        return
                    yield batch
                    self._room.give(self._pixels)
                    batch, self._fresh, self._pixels = [], 0, 0
            yield batch

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Take what is done inside as the batch's work, and make the next as large as is right."""
        began = monotonic()
        yield
        took = monotonic() - began
        if took < SHORT and self._fresh == self._size:
            self._size = min(MOST, self._size * 2)
        elif took > LONG:
            self._size = max(1, self._size // 2)

    def _is_full(self, count: int) -> bool:
        # Images that are known already wait for no others.
        if self._fresh in {0, self._size} or count == WINDOW:
            return True
        return self._pixels >= MOST_PIXELS // 2
