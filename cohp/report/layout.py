"""Where things go on a contact sheet: its rows, how many images fit in one, and how large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import TypeVar

from cohp.record.entry import Entry
from cohp.report.story import Story, winner
from cohp.report.words import round_name

# The largest thumbnails that keep the rows within this height are taken.
SIDES = (176, 144, 112, 88, 64)
TALLEST = 5200
MOST_WIDE = 1120
MOST_ROWS = 40
MOST_IMAGES = 500
LEAST_IN_ROW = 8
GAP = 14
CAPTION = 34
ROW_GAP = 20
LEAST_ROW = 96

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One row: a candidate of stage one, or a round; `hidden` images did not fit."""

    name: str
    note: str
    entries: tuple[Entry, ...]
    hidden: int


@dataclass(frozen=True)
class Grid:
    """How large the thumbnails are, how many go side by side, and where each row begins."""

    side: int
    across: int
    tops: tuple[int, ...]
    height: int

    @property
    def width(self) -> int:
        """How wide a full line of thumbnails is."""
        return self.across * (self.side + GAP) - GAP

    def place(self, index: int) -> tuple[int, int]:
        """Return where the thumbnail at `index` goes, from its row's corner."""
        line, column = divmod(index, self.across)
        return column * (self.side + GAP), line * (self.side + CAPTION)


def rows_of(story: Story) -> list[Row]:
    """Return a story's rows; of very many, those that matter most to its end."""
    first = [each for each in story.standings if each.entries]
    first = _most(first, MOST_ROWS // 2, lambda each: (each.top in story.lineage, _mean(each.top)))
    told = {each.shot.round for each in story.lineage}
    later = [number for number in story.rounds if number > 0]
    later = _most(later, MOST_ROWS - len(first), lambda number: (number in told, number))
    share = max(LEAST_IN_ROW, MOST_IMAGES // max(1, len(first) + len(later)))
    stage_one = [
        _row(each.model, "chosen" if each.chosen else "stage one", each.entries, story, share)
        for each in first
    ]
    return stage_one + [
        _row(round_name(number), _strength(row), row, story, share)
        for number, row in ((number, story.rounds[number]) for number in later)
    ]


def _most(things: Sequence[T], most: int, worth: Callable[[T], tuple[bool, float]]) -> list[T]:
    """Return the `most` worthiest of some things, in the order they came."""
    ranked = sorted(range(len(things)), key=lambda place: worth(things[place]), reverse=True)
    return [things[place] for place in sorted(ranked[:most])]


def _mean(entry: Entry | None) -> float:
    return entry.mean if entry else -inf


def grid_for(rows: Sequence[Row]) -> Grid:
    """Return the grid with the largest thumbnails that keep the sheet's height in bounds."""
    longest = max((len(row.entries) + bool(row.hidden) for row in rows), default=1)
    grids = [_grid(rows, side, longest) for side in SIDES]
    return next((grid for grid in grids if grid.height <= TALLEST), grids[-1])


def _grid(rows: Sequence[Row], side: int, longest: int) -> Grid:
    across = max(1, min(longest, (MOST_WIDE + GAP) // (side + GAP)))
    heights = []
    for row in rows:
        taken = -(-(len(row.entries) + bool(row.hidden)) // across)
        heights.append(max(LEAST_ROW, taken * (side + CAPTION)) + ROW_GAP)
    ends = list(accumulate(heights, initial=0))
    return Grid(side, across, tuple(ends[:-1]), ends[-1])


def _row(name: str, note: str, entries: Sequence[Entry], story: Story, share: int) -> Row:
    shown = _most(entries, share, lambda each: (each.shot.id in story.lineage_ids, each.mean))
    return Row(name, note, tuple(shown), len(entries) - len(shown))


def _strength(entries: Sequence[Entry]) -> str:
    first = winner(entries) or entries[0]
    strength = first.shot.strength
    return "drawn afresh" if strength is None else f"strength {strength:.2f}"
