"""The block that the live view draws: pure, from what is known to lines of styled text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from rich.console import Group
from rich.text import Text

from cohp.events import Finished
from cohp.record.entry import Entry
from cohp.report.progress import MOST_BARS, Progress, bars
from cohp.report.story import winner
from cohp.report.words import Ruler, count, duration, round_name, shortened, standing
from cohp.types import Chosen, Shot

BAR_WIDTH = 30
NARROW = 60
LONGEST_NAME = 24
# Lines that are not rounds: heading, progress, best, blanks; the rounds get what is left.
OTHER_LINES = 12
LEAST_ROUNDS = 3
GOLD, CALM = "bold yellow", "cyan"


def panel(progress: Progress, width: int, height: int) -> Group:
    """Return the whole block for a terminal of this size."""
    if progress.started is None:
        return Group(Text("  preparing", style="dim"))
    lines = [
        Text(),
        *_heading(progress),
        Text(),
        _progress_line(progress, width),
        Text(),
        *_best(progress),
        *_rounds(progress, max(LEAST_ROUNDS, height - OTHER_LINES)),
        Text(),
    ]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(*lines)


def closing(progress: Progress, event: Finished) -> Text:
    """Return what stays on the screen at the end: the result and where it is."""
    best = event.verdict.best
    text = Text("  ")
    text.append(f"★ {progress.ruler.score(best.score)}", GOLD)
    text.append(f"  {best.shot.model}  seed {best.shot.seed}  {duration(progress.elapsed)}\n")
    for name, path in (("image", event.image), ("report", event.folder / "report.html")):
        text.append(f"  {name:<7}", "dim")
        text.append(str(path), f"link {path.absolute().as_uri()}")
        text.append("\n")
    return text


def _heading(progress: Progress) -> Iterator[Text]:
    if progress.started is None:
        return
    recipe = progress.started.recipe
    yield Text.assemble(("  CoHP  ", GOLD), (" ".join(recipe.prompt.split()), "bold"))
    names = " ".join(each.name for each in recipe.models)
    yield Text(f"        {names}  judged by {recipe.reward}  seed {recipe.seed}", "dim")


def _progress_line(progress: Progress, width: int) -> Text:
    room = BAR_WIDTH if width >= NARROW else BAR_WIDTH // 3
    full = round(progress.share * room)
    text = Text("  ")
    text.append("━" * full, "yellow")
    text.append("━" * (room - full), "bright_black")
    text.append(f"  {progress.done} of {count(progress.planned, 'image')}")
    left = progress.left
    if progress.finished or progress.done >= progress.planned:
        text.append(f"  {duration(progress.elapsed)}", "dim")
    elif left is not None:
        text.append(f"  about {duration(ceil(left))} left", "dim")
    return text


def _best(progress: Progress) -> Iterator[Text]:
    best = progress.best
    if best is None or best.score is None:
        return
    ruler = progress.ruler
    text = Text.assemble(("  best  ", "dim"))
    text.append(ruler.number(best.score.mean), GOLD)
    text.append(f" {ruler.spread(best.score)}".rstrip(), "dim")
    text.append(f"  {best.shot.model}", "default")
    text.append(f"  {round_name(best.shot.round).lower()}  seed {best.shot.seed}", "dim")
    yield text
    if best.image:
        yield Text(f"        images/{best.image}", "dim")
    yield Text()


@dataclass(frozen=True)
class _Table:
    """What all rows of the table of rounds share."""

    name_width: int
    bars_width: int
    low: float
    high: float
    ruler: Ruler
    chosen: Chosen | None

    @classmethod
    def of(cls, progress: Progress, rows: Sequence[Sequence[Entry]]) -> _Table:
        means = [each.mean for row in rows for each in row if each.score]
        return cls(
            name_width=max((len(_name(row)) for row in rows), default=0),
            bars_width=min(MOST_BARS, max((len(row) for row in rows), default=0)),
            low=min(means, default=0.0),
            high=max(means, default=0.0),
            ruler=progress.ruler,
            chosen=progress.chosen,
        )

    def row(self, row: Sequence[Entry], before: float | None) -> Text:
        """Write a row; `before` is the score to beat when it began."""
        top = winner(row)
        leads = top is not None and (before is None or top.mean > before)
        text = Text(f"  {_name(row):<{self.name_width}}  ")
        drawn = bars(row, self.low, self.high)
        text.append(f"{drawn:<{self.bars_width}}  ", GOLD if leads else CALM)
        score = self.ruler.number(top.mean) if top else "no score"
        text.append(f"{score:>8}", "bold" if leads else "dim")
        gain = self.ruler.gain(top.mean - before) if leads and top and before is not None else ""
        text.append(f"  {gain:<7}", "green")
        return text.append_text(self._remark(row[0].shot))

    def _remark(self, shot: Shot) -> Text:
        if shot.strength is not None:
            return Text(f"  strength {shot.strength:.2f}", "dim")
        if shot.round or self.chosen is None or shot.model not in self.chosen.standings:
            return Text()
        stood = f"  {self.chosen.rule} {standing(self.chosen, shot.model, self.ruler)}"
        text = Text.assemble((stood, "dim"))
        return text.append("  chosen" if shot.model == self.chosen.model else "", GOLD)


def _rounds(progress: Progress, room: int) -> Iterator[Text]:
    rows = [row for entries in progress.rounds.values() for row in _split(entries)]
    table = _Table.of(progress, rows)
    if len(rows) > room:
        yield Text(f"  {len(rows) - room} earlier rows", "dim")
    before: float | None = None
    for number, row in enumerate(rows):
        if number >= len(rows) - room:
            yield table.row(row, before)
        top = winner(row)
        before = max(top.mean, before if before is not None else top.mean) if top else before


def _split(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return stage one's entries by candidate; a round has only one model."""
    return [list(own) for _, own in groupby(entries, key=lambda each: each.shot.model)]


def _name(row: Sequence[Entry]) -> str:
    shot = row[0].shot
    return (
        shortened(shot.model, LONGEST_NAME) if shot.round == 0 else round_name(shot.round).lower()
    )
