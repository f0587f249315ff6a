"""The live terminal view: progress, the best so far, and every round's scores as they come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from cohp.events import Event, Finished
from cohp.report.panel import closing, panel
from cohp.report.plain import PlainView, Silent
from cohp.report.progress import Progress
from cohp.types import Note

REFRESHES_PER_SECOND = 8


class View(AbstractContextManager["View"], Protocol):
    """A listener that owns a stretch of the terminal while it is entered."""

    def __call__(self, event: Event) -> None:
        """Show an event."""


class LiveView:
    """Redraws one block in place; notes scroll past above it."""

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        self._console = console
        self._progress = Progress(clock)
        self._live = Live(self, console=console, refresh_per_second=REFRESHES_PER_SECOND)

    def __call__(self, event: Event) -> None:
        """Show an event; the block itself is redrawn a few times a second."""
        self._progress.add(event)
        match event:
            case Note():
                self._console.print(Text(f"  {event.text}", style="yellow"))
            case Finished():
                self._live.stop()
                self._console.print(closing(self._progress, event), soft_wrap=True)
            case _:
                pass

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the block as it stands now."""
        yield panel(self._progress, options.max_width, console.height)

    def __enter__(self) -> Self:
        """Take over the terminal."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back, the last state left standing."""
        self._live.stop()


def view(console: Console, *, quiet: bool = False) -> View:
    """Return the view that suits a console: live, plain lines, or none."""
    if quiet:
        return Silent()
    if console.is_terminal and not console.is_dumb_terminal and not console.options.ascii_only:
        return LiveView(console)
    return PlainView(console)
