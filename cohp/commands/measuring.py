"""What the commands about existing images share: which images, which prompts, who judges."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from cohp.commands.options import reward_names
from cohp.commands.stopping import stop_after_batch
from cohp.errors import Stopped
from cohp.measure.items import Judged, Listing
from cohp.measure.judging import judge
from cohp.measure.opening import Done, nothing_done
from cohp.measure.panel import Panel, default_reward
from cohp.measure.score_cache import ScoreCache

Answer = TypeVar("Answer")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

IMAGE_OPTIONS = (
    click.argument("images", nargs=-1),
    click.option(
        "--prompt",
        "prompts",
        multiple=True,
        help="What the images should show; may be empty. More than one: each image for each.",
    ),
    click.option(
        "--prompts",
        "source",
        type=click.Path(path_type=Path),
        metavar="FILE|FOLDER",
        help="Prompts from JSON Lines, JSON, CSV, TSV, Parquet or text, beside the images they "
        "name or in their order; or a folder of texts named like the images.",
    ),
)
reward_option = click.option(
    "--reward",
    "rewards",
    multiple=True,
    metavar="NAME[=FOLDER]",
    help="Who judges, with a folder of its weights if they are not in the cache; more than one.  "
    "[default: who would judge a run of the models; `fake` for other images]",
    shell_complete=reward_names,
)
no_cache_option = click.option(
    "--no-cache", is_flag=True, help="Compute every score anew and keep none."
)


def image_options(command: Decorated) -> Decorated:
    """Give a command the options that say which images are meant, and for which prompts."""
    for option in reversed(IMAGE_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class Session:
    """A panel that is loaded, and the images it is to judge."""

    images: Listing
    count: int
    panel: Panel
    cache: ScoreCache | None
    stop: Event

    def judged(self, console: Console | None, done: Done = nothing_done) -> Iterator[Judged]:
        """Judge the images, with a bar on the console of how far it is; end early when asked."""
        stream = judge(self.images, self.panel, self.cache, done, self.stop)
        return self.watched(stream, console)

    def watched(
        self, stream: Generator[Answer, None, None], console: Console | None
    ) -> Iterator[Answer]:
        """Pass on what is done, with a bar on the console of how far it is."""
        with closing(stream), progress(self.count, console) as step:
            for each in stream:
                step()
                yield each
        if self.stop.is_set():
            raise Stopped("Stopped. The same command goes on: what was done is kept.")


@contextmanager
def session(images: Listing, rewards: Sequence[str], *, no_cache: bool = True) -> Iterator[Session]:
    """Load who judges; what is wrong with the images or their prompts is said first."""
    count = images.count()
    with ExitStack() as held:
        panel = held.enter_context(Panel.load(rewards or [nobody_named()]))
        cache = None if no_cache else held.enter_context(closing(ScoreCache()))
        stop = held.enter_context(stop_after_batch())
        yield Session(images, count, panel, cache, stop)
    if cache is not None and cache.trouble:
        click.echo(cache.trouble, err=True)


def nobody_named() -> str:
    """Return who judges when nobody is named, and say what that is worth."""
    click.echo(
        "note: no --reward is named, so `fake` judges: it likes clean pictures and knows no "
        "prompt. `cohp rewards` lists those that know people's preference.",
        err=True,
    )
    return default_reward()


@contextmanager
def progress(count: int | None, console: Console | None) -> Iterator[Callable[[], None]]:
    """Show a bar while something is done `count` times; yield what moves it on."""
    bar = Progress(
        TextColumn("images"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=console is None or not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=count)
        yield lambda: bar.advance(task)
