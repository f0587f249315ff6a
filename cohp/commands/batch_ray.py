"""`cohp batch --ray`: the same searches on a cluster, their records on any store."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from cohp.batch.book import Book
from cohp.batch.driving import Driving, Where
from cohp.batch.lines import Asked, Refused
from cohp.batch.records import Records
from cohp.commands.batch_cluster_view import ClusterView
from cohp.commands.batch_telling import Shown
from cohp.commands.stopping import stop_after_batch
from cohp.errors import BadInput, MissingExtra
from cohp.executors.ray.sizes import limits

AGAIN = "cohp batch --ray --retry-failed --out"


def search_on_ray(
    folder: str,
    begun: tuple[Sequence[Asked], Sequence[Refused]] | None,
    address: str,
    workers: str | None,
    *,
    retry: bool,
    shown: Shown,
) -> None:
    """Begin a batch in `folder`, or go on with the one there, on the cluster at `address`."""
    if Path(address).is_file():
        raise BadInput(f"--ray {address}: that is a file. Name the prompts before --ray.")
    if find_spec("ray") is None:
        raise MissingExtra("cohp batch --ray", "ray")
    from cohp.batch.cluster import work  # noqa: PLC0415 - of the extra

    # Said before anything is written: what is begun cannot be begun again.
    limits(workers, 0)
    console = Console(stderr=True)
    records = Records(folder)
    book = records.begin(*begun) if begun else _reopened(records, console, shown)
    shown.refused(book)
    todo = book.left(retry=retry)
    view = ClusterView(console, book, len(todo), quiet=shown.silent)
    where = Where(address or None, workers)
    with stop_after_batch() as stop, view, Driving(records, book, view) as driving:
        if todo:
            work(records, todo, where=where, hear=driving, stop=stop)
    shown.outcome(book, str(records.place), AGAIN)


def _reopened(records: Records, console: Console, shown: Shown) -> Book:
    bar = Progress(console=console, transient=True)
    bar.disable = shown.silent or not console.is_terminal
    with bar:
        reading = bar.add_task("reading records")
        return records.reopen(lambda read, among: bar.update(reading, completed=read, total=among))
