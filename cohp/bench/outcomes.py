"""Has judges score what people chose between, and puts the answers beside their choices."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from cohp.bench.choices import Choice
from cohp.bench.faults import Fault
from cohp.executors.base import Stop
from cohp.measure.items import Item, Judged
from cohp.measure.judging import judge
from cohp.measure.panel import Panel
from cohp.measure.score_cache import ScoreCache
from cohp.types import Score


@dataclass(frozen=True)
class Outcome:
    """Two images of one prompt: which people prefer, unless they had them tied, and their scores.

    `choice` is the place of what they were chosen from, which had so many `images`.
    """

    choice: str
    images: int
    prompt: str
    names: tuple[str, str]
    scores: tuple[Score, Score]
    tied: bool
    confidence: float | None = None

    @property
    def gap(self) -> float:
        """How far the preferred image's score lies above the other's."""
        return self.scores[0].mean - self.scores[1].mean

    @property
    def right(self) -> float:
        """1 where the judge prefers what people prefer, 0 where it does not, half if equal."""
        return 0.5 if self.gap == 0 else float(self.gap > 0)


Found = tuple[str, Outcome]


def judged(
    choices: Iterable[Choice | Fault], panel: Panel, cache: ScoreCache | None, stop: Stop
) -> Iterator[Found | Fault]:
    """Score every image of every choice; yield each pair by judge, and what could not be used."""
    waiting: deque[Choice | Fault] = deque()
    with closing(judge(_items(choices, waiting), panel, cache, stop=stop)) as stream:
        for first in stream:
            entry = waiting.popleft()
            if isinstance(entry, Fault):
                yield entry
                continue
            images = [first, *islice(stream, len(entry.names) - 1)]
            if len(images) == len(entry.names):
                for name in panel.judges:
                    yield from _outcomes(entry, images, name)


def _items(choices: Iterable[Choice | Fault], waiting: deque[Choice | Fault]) -> Iterator[Item]:
    """Yield the images to score, noting of what they are; a fault keeps its turn."""
    for each in choices:
        waiting.append(each)
        if isinstance(each, Fault):
            yield Item(b"", each.place, "", error=each.reason)
            continue
        for name, image in zip(each.names, each.images, strict=True):
            yield Item(image, name, each.prompt)


def _outcomes(choice: Choice, images: Sequence[Judged], judge: str) -> Iterator[Found | Fault]:
    said = [each.said[judge] for each in images]
    for each in said:
        if isinstance(each, str):
            yield Fault(choice.place, each.rstrip("."))
    for (better, worse), tied in choice.pairs():
        first, second = said[better], said[worse]
        if isinstance(first, Score) and isinstance(second, Score):
            names = (choice.names[better], choice.names[worse])
            yield (
                judge,
                Outcome(
                    choice.place,
                    len(choice.names),
                    choice.prompt,
                    names,
                    (first, second),
                    tied,
                    choice.confidence,
                ),
            )
