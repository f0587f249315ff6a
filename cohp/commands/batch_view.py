"""What `cohp batch` shows while it works: how far all of it is, and each prompt as it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cohp.batch.book import Book, Done
from cohp.batch.lines import Asked
from cohp.events import Event, ImageDone, Started
from cohp.report.words import Ruler, shortened
from cohp.run import plan
from cohp.types import Note

LONGEST_PROMPT = 60


class View:
    """A bar of prompts; what became of each scrolls past above."""

    def __init__(
        self, console: Console, book: Book, todo: int, *, quiet: bool, bars: Progress
    ) -> None:
        """Show how `bars` move; without a terminal only lines are printed."""
        self._console = console
        self._book = book
        self._quiet = quiet
        self._bars = bars
        self._bars.disable = quiet or not console.is_terminal
        self._prompts = self._bars.add_task("prompts", total=todo)

    def tell(self, asked: Asked, done: Done) -> None:
        """Say what became of a prompt."""
        self._bars.advance(self._prompts)
        share = f"{len(self._book.done)}/{len(self._book.asked)}"
        prompt = shortened(asked.recipe.prompt, LONGEST_PROMPT)
        if done.score is None:
            self._print(f"{share}  failed  {prompt}: {done.reason}")
        else:
            score = Ruler.holding([done.score.mean]).score(done.score)
            self._print(f"{share}  {score}  {done.model}  {prompt}  {asked.name}")

    def _print(self, line: str) -> None:
        if not self._quiet:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        """Take over the terminal."""
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the terminal back."""
        self._bars.stop()


class BatchView(View):
    """A bar of images too, and notes above."""

    def __init__(self, console: Console, book: Book, todo: Sequence[Asked], *, quiet: bool) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        bars = Progress(*columns, TimeRemainingColumn(), console=console)
        super().__init__(console, book, len(todo), quiet=quiet, bars=bars)
        images = sum(len(ask.shots) for each in todo for ask in plan(each.recipe))
        self._images = self._bars.add_task("images", total=images)
        self._noted: set[str] = set()

    def __call__(self, _number: int, event: Event) -> None:
        """Show an event of one of the runs."""
        match event:
            case Started():
                self._bars.advance(self._images, event.recorded)
            case ImageDone():
                self._bars.advance(self._images)
            case Note() if event.text not in self._noted:
                # A batch that was halved is noted in each of the runs it drew for.
                self._noted.add(event.text)
                self._print(f"note: {event.text}")
            case _:
                pass
