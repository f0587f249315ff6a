"""`cohp bench show`: the tables of a benchmark."""

from __future__ import annotations

from pathlib import Path

import click

from cohp.bench.csv_files import summaries
from cohp.bench.reports import markdown
from cohp.bench.results import Results
from cohp.bench.state import State
from cohp.commands.bench.working import tell


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "markdown", "csv", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
def show(folder: Path, form: str) -> None:
    """Print the tables of the benchmark in FOLDER as far as it is, and write its files again."""
    results = Results.of(folder, State.read(folder))
    if form in {"markdown", "csv"}:
        click.echo(markdown(results) if form == "markdown" else summaries(results), nl=False)
    tell(results, as_json=form == "json", quiet=form in {"markdown", "csv"})
