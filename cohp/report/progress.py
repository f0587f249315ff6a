"""What a view knows of a run while it goes on: its events added up, and how long the rest takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from cohp.events import Event, Finished, ImageDone, RoundDone, Started
from cohp.record.choices import leading
from cohp.record.entry import Entry
from cohp.report.words import TIMES, Ruler
from cohp.types import Chosen, Preferred

BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 24


@dataclass
class Progress:
    """A run so far, as its events tell it."""

    clock: Callable[[], float] = monotonic
    started: Started | None = None
    finished: Finished | None = None
    chosen: Chosen | None = None
    choice: Preferred | None = None
    done: int = 0
    planned: int = 0
    begun_at: float = 0.0
    # Shots that were there before this session began say nothing about its speed.
    done_before: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Started():
                self.started, self.begun_at = event, self.clock()
                self.done = self.done_before = event.recorded
                self.planned = event.planned
            case ImageDone():
                self.entries[event.entry.shot.id] = event.entry
                self.done, self.planned = event.done, event.planned
            case RoundDone():
                self.entries |= {each.shot.id: each for each in event.entries}
                if event.best:
                    self.entries.setdefault(event.best.shot.id, event.best)
            case Chosen():
                self.chosen = event
            case Preferred():
                self.choice = event
            case Finished():
                self.finished = event
            case _:
                pass

    @property
    def folder(self) -> Path | None:
        """Where the run is."""
        return self.started.folder if self.started else None

    @property
    def ruler(self) -> Ruler:
        """How the scores seen so far are written."""
        return Ruler.of(tuple(self.entries.values()))

    @property
    def best(self) -> Entry | None:
        """The best image so far; the verdict's once there is one."""
        if self.finished and (known := self.entries.get(self.finished.verdict.best.shot.id)):
            return known
        rows = self.rounds.values()
        return leading((each for row in rows for each in row), self.choice)

    @property
    def rounds(self) -> dict[int, list[Entry]]:
        """The entries of each round in the order they were asked for."""
        grouped: dict[int, list[Entry]] = {}
        rank: dict[str, int] = {}
        # A copy: a view redraws from its own thread while events come in.
        entries = tuple(self.entries.values())
        for each in entries:
            rank.setdefault(each.shot.model, len(rank))
        ordered = sorted(
            entries,
            key=lambda each: (each.shot.round, rank[each.shot.model], each.shot.index),
        )
        for each in ordered:
            grouped.setdefault(each.shot.round, []).append(each)
        return grouped

    @property
    def elapsed(self) -> float:
        """How long this session has worked."""
        return self.clock() - self.begun_at if self.started else 0.0

    @property
    def left(self) -> float | None:
        """How long the rest will take at this session's pace, or None before there is a pace."""
        fresh = self.done - self.done_before
        if fresh <= 0:
            return None
        return self.elapsed / fresh * max(0, self.planned - self.done)

    @property
    def share(self) -> float:
        """How much is done, between 0 and 1."""
        return min(1.0, self.done / self.planned) if self.planned else 0.0


def bars(entries: Sequence[Entry], low: float, high: float) -> str:
    """Return a small bar for each entry, a cross where it has no score; many share a bar."""
    every = -(-len(entries) // MOST_BARS) or 1
    groups = [entries[start : start + every] for start in range(0, len(entries), every)]
    return "".join(_bar(leading(group, None), low, high) for group in groups)


def _bar(entry: Entry | None, low: float, high: float) -> str:
    if entry is None:
        return TIMES
    part = (entry.mean - low) / (high - low) if high > low else 1.0
    return BARS[min(len(BARS) - 1, max(0, int(part * len(BARS))))]
