"""What the commands of a benchmark share: how far it is, what it came to, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from cohp.bench.asked import Asked
from cohp.bench.csv_files import summary_rows
from cohp.bench.reports import write_reports
from cohp.bench.results import Results
from cohp.bench.running import Step, run
from cohp.bench.state import State
from cohp.bench.tables import tables
from cohp.commands.stopping import stop_after_batch
from cohp.errors import Interrupted, SomeUnscored
from cohp.report.words import count
from cohp.types import Note


class View:
    """A bar for each contestant while it works; notes scroll past above."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, event: Step | Note) -> None:
        """Show an event."""
        if isinstance(event, Note):
            if not self._quiet:
                self._console.print(f"note: {event.text}", markup=False, highlight=False)
            return
        name = f"{event.contestant}: {event.doing}"
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=event.planned)
        self._bars.update(self._tasks[name], completed=event.done)

    def __enter__(self) -> Self:
        """Take over the terminal."""
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the terminal back."""
        self._bars.stop()


def work(asked: Asked, folder: Path, *, as_json: bool, quiet: bool) -> None:
    """Do what is left of a benchmark and print what it came to."""
    silent = quiet or as_json
    with stop_after_batch() as stop, View(Console(stderr=True), quiet=silent) as view:
        try:
            results = run(asked, folder, view, stop)
        except Interrupted:
            write_reports(Results.of(folder, State.read(folder)))
            raise
    tell(results, as_json=as_json, quiet=quiet)
    if faults := asked.prompts.faults:
        raise SomeUnscored(f"{count(len(faults), 'prompt')} could not be used.")


def tell(results: Results, *, as_json: bool, quiet: bool) -> None:
    """Write the reports and print the tables; raises `SomeUnscored` where scores are missing."""
    page = write_reports(results)
    if as_json:
        click.echo(json.dumps({"folder": str(results.folder), "rows": summary_rows(results)}))
    elif not quiet:
        for grid in tables(results):
            Console().print(grid.text())
        click.echo(f"report: {page}")
    missing = sum(
        len(results.missing(each, judge))
        for each in results.contestants
        for judge in results.judges
    )
    if missing:
        scores = len(results.contestants) * len(results.judges) * len(results.prompts.prompts)
        raise SomeUnscored(f"{missing} of {scores} scores are missing.")
