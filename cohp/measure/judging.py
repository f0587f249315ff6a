"""Scoring a stream of images: opened ahead in threads, judged in batches, answered in order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from time import monotonic

from cohp.errors import BadInput
from cohp.executors.base import Stop
from cohp.measure.ahead import Room, ahead
from cohp.measure.items import Item, Judged
from cohp.measure.opening import Done, Opened, Opener, nothing_done
from cohp.measure.panel import Panel
from cohp.measure.score_cache import ScoreCache
from cohp.reward.asking import ask
from cohp.types import Score

# A batch grows while it takes less than SHORT seconds, so that a fast device is kept busy and
# a slow one still answers often.
MOST = 64
SHORT, LONG = 1.0, 4.0
WINDOW = 2 * MOST
# Some 256 MB as Pillow holds them.
MOST_PIXELS = 1 << 26


def judge(
    items: Iterable[Item],
    panel: Panel,
    cache: ScoreCache | None = None,
    done: Done = nothing_done,
    stop: Stop | None = None,
) -> Generator[Judged, None, None]:
    """Have the panel judge each item, in order; of one that is `done` nothing is said again.

    Once `stop` is set, no further batch is begun.
    """
    room = Room(MOST_PIXELS)
    stream = ahead(items, Opener(panel, cache, done, room), WINDOW)
    sitting = _Sitting(panel, cache, room)
    # The room closes first: a thread that waits in it would keep the stream from closing.
    with closing(stream), closing(room):
        for place, opened in enumerate(stream):
            room.passed(place)
            sitting.add(opened)
            if sitting.is_full:
                if stop is not None and stop.is_set():
                    return
                yield from sitting.judge()
        yield from sitting.judge()


class _Sitting:
    """Gathers opened images into batches and has the panel judge them."""

    def __init__(self, panel: Panel, cache: ScoreCache | None, room: Room) -> None:
        self._panel = panel
        self._cache = cache
        self._room = room
        self._size = 1
        self._batch: list[Opened] = []
        self._fresh = 0
        self._pixels = 0

    def add(self, opened: Opened) -> None:
        """Take one more image in."""
        self._batch.append(opened)
        self._fresh += opened.image is not None
        self._pixels += opened.pixels

    @property
    def is_full(self) -> bool:
        """Whether it is time to judge: images that are known already wait for no others."""
        if self._fresh in {0, self._size} or len(self._batch) == WINDOW:
            return True
        return self._pixels >= MOST_PIXELS // 2

    def judge(self) -> list[Judged]:
        """Judge what was gathered, and begin anew."""
        batch, began = self._batch, monotonic()
        for name in self._panel.rewards:
            self._ask(
                name, [each for each in batch if each.image is not None and name not in each.said]
            )
        took = monotonic() - began
        if took < SHORT and self._fresh == self._size:
            self._size = min(MOST, self._size * 2)
        elif took > LONG:
            self._size = max(1, self._size // 2)
        self._room.give(self._pixels)
        self._batch, self._fresh, self._pixels = [], 0, 0
        return [self._judged(each) for each in batch]

    def _ask(self, name: str, batch: Sequence[Opened]) -> None:
        said = ask(
            self._panel.rewards[name],
            prompts=[each.prompt for each in batch],
            images=[each.image for each in batch if each.image is not None],
            refused=BadInput,
        )
        for each, one in zip(batch, said, strict=True):
            each.said[name] = one
        if self._cache is not None:
            self._cache.keep(
                {
                    each.keys[name]: one
                    for each, one in zip(batch, said, strict=True)
                    if name in each.keys and isinstance(one, Score)
                }
            )

    def _judged(self, opened: Opened) -> Judged:
        panel = self._panel
        if opened.done:
            said: dict[str, Score | str] = {}
        elif opened.error is not None:
            said = dict.fromkeys(panel.judges, opened.error)
        else:
            said = panel.read(opened.said)
        return Judged(opened.item, opened.prompt, said, panel.revisions)
