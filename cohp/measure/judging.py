"""Scoring a stream of images: opened ahead in threads, judged in batches, answered in order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing

from cohp.errors import BadInput
from cohp.executors.base import Stop
from cohp.measure.gathering import Gathering
from cohp.measure.items import Item, Judged
from cohp.measure.opening import Done, Opened, nothing_done
from cohp.measure.panel import Panel
from cohp.measure.score_cache import ScoreCache
from cohp.reward.asking import ask
from cohp.types import Score


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
    gathering = Gathering(items, panel, cache, done)
    with closing(gathering.batches(stop)) as batches:
        for batch in batches:
            with gathering.timed():
                for name in panel.rewards:
                    _ask(panel, name, [each for each in batch if name in each.ready], cache)
            yield from [_judged(panel, each) for each in batch]


def _ask(panel: Panel, name: str, batch: Sequence[Opened], cache: ScoreCache | None) -> None:
    said = ask(
        panel.rewards[name],
        prompts=[each.prompt for each in batch],
        images=[each.ready[name] for each in batch],
        refused=BadInput,
    )
    known: dict[bytes, Score] = {}
    for each, one in zip(batch, said, strict=True):
        each.said[name] = one
        if name in each.keys and isinstance(one, Score):
            known[each.keys[name]] = one
    if cache is not None:
        cache.keep(known)


def _judged(panel: Panel, opened: Opened) -> Judged:
    if opened.done:
        said: dict[str, Score | str] = {}
    elif opened.error is not None:
        said = dict.fromkeys(panel.judges, opened.error)
    else:
        said = panel.read(opened.said)
    return Judged(opened.item, opened.prompt, said, panel.revisions)
