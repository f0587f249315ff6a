"""What `cohp batch --ray` shows while a cluster works: its pace, its use, and each prompt."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from cohp.batch.book import Book, Done
from cohp.batch.driving import Cluster
from cohp.batch.lines import Asked
from cohp.commands.batch_view import View
from cohp.report.words import HOUR, count, duration

# The pace is that of so many prompts back; a log hears of it after so many seconds.
RECENT = 256
LINE_EVERY = 60.0


class Bars(Progress):
    """Bars with a line under them."""

    line = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """Show the line last."""
        return [*super().get_renderables(), Text(self.line)]


class ClusterView(View):
    """The cluster's state under the bar; in a log, a line of it now and then."""

    def __init__(
        self,
        console: Console,
        book: Book,
        todo: int,
        *,
        quiet: bool,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        self._under = Bars(*columns, console=console)
        super().__init__(console, book, todo, quiet=quiet, bars=self._under)
        self._clock = clock
        self._left = todo
        self._failed = 0
        self._ended = deque([clock()], maxlen=RECENT)
        self._said: float | None = None
        self._dashboard: str | None = None

    def __enter__(self) -> Self:
        """Take over the terminal; a cluster's workers take a while to begin."""
        self._under.line = "waiting for the cluster"
        if not self._console.is_terminal:
            self._print(self._under.line)
        return super().__enter__()

    def tell(self, asked: Asked, done: Done) -> None:
        """Say what became of a prompt."""
        self._left -= 1
        self._failed += done.reason is not None
        self._ended.append(self._clock())
        super().tell(asked, done)

    def state(self, cluster: Cluster) -> None:
        """Show how the cluster is by now, and once where it shows itself."""
        if cluster.dashboard and cluster.dashboard != self._dashboard:
            self._dashboard = cluster.dashboard
            self._print(f"dashboard: {cluster.dashboard}")
        now = self._clock()
        self._under.line = self._told(cluster, now)
        due = self._said is None or now - self._said >= LINE_EVERY
        if due and not self._console.is_terminal:
            self._said = now
            self._print(self._under.line)

    def _told(self, cluster: Cluster, now: float) -> str:
        used = f"{cluster.cpus_used:.3g} of {cluster.cpus:.4g} CPUs in use"
        if cluster.gpus:
            used = f"{cluster.gpus_used:.3g} of {cluster.gpus:.4g} GPUs, {used}"
        said = [f"{count(self._left, 'prompt')} to go", count(cluster.nodes, "node"), used]
        ended = len(self._ended) - 1
        if ended and self._left:
            each = max(now - self._ended[0], 1e-3) / ended
            said += [f"{HOUR / each:,.0f} prompts an hour", f"{duration(each * self._left)} left"]
        return ", ".join([*said, f"{self._failed} failed"])
