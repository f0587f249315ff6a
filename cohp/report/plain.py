"""The terminal view where there is no terminal: one short line for each round, or nothing."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console

from cohp.events import Event, Finished, RoundDone, Started
from cohp.record.entry import Entry
from cohp.report.progress import Progress
from cohp.report.story import winner
from cohp.report.words import Ruler, count, duration, place, round_name, shortened, standings
from cohp.types import Chosen, Note, Preferred

LONGEST_PROMPT = 100


class Silent:
    """Shows nothing."""

    def __call__(self, event: Event) -> None:
        """Let an event pass."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing behind."""


class PlainView(Silent):
    """Prints whole lines and never goes back, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress()

    def __call__(self, event: Event) -> None:
        """Print what an event has to say."""
        self._progress.add(event)
        for line in said(event, self._progress):
            # A log in another encoding gets a question mark, not a traceback.
            code = self._console.encoding
            safe = line.encode(code, "replace").decode(code)
            self._console.print(safe, markup=False, highlight=False, soft_wrap=True)


def said(event: Event, progress: Progress) -> list[str]:
    """Return the lines for an event, given everything before it."""
    match event:
        case Started():
            recorded = f", {event.recorded} of them recorded already" if event.recorded else ""
            return [
                shortened(event.recipe.prompt, LONGEST_PROMPT),
                f"{count(event.planned, 'image')}{recorded}, in {event.folder}",
            ]
        case RoundDone():
            return [_round(event, progress.ruler)]
        case Chosen():
            stood = standings(event, progress.ruler)
            return [f"chosen by {event.rule}: {event.model} ({stood})"]
        case Note() | Preferred():
            return [_told(event, progress)]
        case Finished():
            return _end(event, progress)
        case _:
            return []


def described(entry: Entry, ruler: Ruler) -> str:
    """Say in a few words what an image scored and where it is from."""
    score = ruler.score(entry.score) if entry.score else "no score"
    return f"{score}  {entry.shot.model}  seed {entry.shot.seed}"


def _told(event: Note | Preferred, progress: Progress) -> str:
    if isinstance(event, Note):
        return f"note: {event.text}"
    chosen = progress.entries.get(event.shot)
    name = place(chosen) if chosen else f"image {event.shot}"
    return f"chosen by a person: {name}; from round {event.round} on it goes on from there"


def _round(event: RoundDone, ruler: Ruler) -> str:
    top = winner(event.entries)
    failed = sum(1 for each in event.entries if each.score is None)
    images = count(len(event.entries), "image")
    failures = f", {failed} without a score" if failed else ""
    best = described(top, ruler) if top else "nothing scored"
    led = top and event.best and top.shot.id == event.best.shot.id
    lead = (
        "" if led or event.best is None else f"  (the lead stays {ruler.number(event.best.mean)})"
    )
    return f"{round_name(event.round).lower()}: {best}{lead}  {images}{failures}"


def _end(event: Finished, progress: Progress) -> list[str]:
    best = event.verdict.best
    ruler = progress.ruler if progress.entries else Ruler()
    score = ruler.score(best.score)
    took = duration(progress.elapsed)
    return [
        f"best: {score}  {best.shot.model}  seed {best.shot.seed}  {took}",
        f"image: {event.image}",
        f"report: {event.folder / 'report.html'}",
    ]
