"""Does what is left of a batch, and keeps its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cohp.batch.book import Done
from cohp.batch.ledger import GO_ON, Ledger
from cohp.batch.lines import PAGE, Asked
from cohp.batch.page import Page
from cohp.engine import Engine, Job
from cohp.errors import Interrupted
from cohp.events import Event
from cohp.executors.base import Stop
from cohp.record.files import write_whole, writing


class Watcher(Protocol):
    """Hears what each run tells by its number, and what became of each prompt."""

    def __call__(self, number: int, event: Event, /) -> None:
        """Hear an event of a run."""
        ...

    def tell(self, asked: Asked, done: Done) -> None:
        """Hear what became of a prompt."""
        ...


def work(
    ledger: Ledger, todo: Sequence[Asked], *, together: int, watch: Watcher, stop: Stop
) -> None:
    """Search for each of `todo`; raises `Interrupted` where it was asked to stop before the end."""
    by_number = {each.number: each for each in todo}
    page = Page(ledger.book, ledger.pictures)
    for each in todo:
        if ledger.book.failed(each):
            _set_aside(ledger, each)
    jobs = (Job(each.number, each.recipe, ledger.run(each)) for each in todo)
    try:
        with Engine() as engine:
            for outcome in engine.work(jobs, together=together, on_event=watch, stop=stop):
                if not isinstance(outcome.error, Interrupted):
                    watch.tell(by_number[outcome.number], ledger.put(outcome))
    finally:
        with writing(ledger.folder, GO_ON):
            write_whole(ledger.folder / PAGE, page.draw().encode())
    if ledger.book.left(retry=False):
        raise Interrupted(ledger.folder, GO_ON)


def _set_aside(ledger: Ledger, asked: Asked) -> None:
    """Keep a failed run from being resumed: its journal would only say again why it failed."""
    run = ledger.run(asked)
    if not run.exists():
        return
    number = 1
    while (aside := run.with_name(f"{run.name}.failed-{number}")).exists():
        number += 1
    with writing(ledger.folder, GO_ON):
        run.rename(aside)
