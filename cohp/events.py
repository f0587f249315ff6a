"""What a run tells while it works: the same typed events for a terminal, a page or a callback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cohp.record.entry import Entry
from cohp.types import Chosen, Note, Preferred, Verdict

if TYPE_CHECKING:
    from cohp.recipe import Recipe


@dataclass(frozen=True)
class Started:
    """A run begins or goes on: `recorded` of its `planned` shots are in the journal already."""

    folder: Path
    recipe: Recipe
    planned: int
    recorded: int


@dataclass(frozen=True)
class ImageDone:
    """One more shot is answered and on disk; `done` of `planned` are."""

    entry: Entry
    done: int
    planned: int


@dataclass(frozen=True)
class RoundDone:
    """Every shot of a round is answered; round 0 is stage one. `best` leads the whole run."""

    round: int
    entries: tuple[Entry, ...]
    best: Entry | None


@dataclass(frozen=True)
class Finished:
    """The run has its verdict; `image` is the best one, on disk."""

    folder: Path
    verdict: Verdict
    image: Path


Event = Started | ImageDone | RoundDone | Chosen | Preferred | Note | Finished
# Called from the thread that writes, one event at a time and in order.
Listener = Callable[[Event], None]
