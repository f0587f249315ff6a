"""`cohp batch`: many prompts from a file, searched for together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cohp.batch.book import Book
from cohp.batch.ledger import Ledger
from cohp.batch.lines import PAGE, Asked, read
from cohp.batch.running import work
from cohp.commands.batch_view import BatchView
from cohp.commands.options import recipe_options, recipe_values
from cohp.commands.stopping import stop_after_batch
from cohp.commands.working import view_options
from cohp.engine import TOGETHER
from cohp.errors import BadInput, SomeFailed
from cohp.record.places import new_folder
from cohp.report.words import count


@click.command()
@click.argument("prompts", type=click.Path(path_type=Path), required=False)
@recipe_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder of the batch.  [default: a new one under cohp-runs/]",
)
@click.option(
    "--together",
    type=click.IntRange(1, 1000),
    default=TOGETHER,
    show_default=True,
    help="Searches in flight at a time.",
)
@click.option("--resume", is_flag=True, help="Go on with the batch in --out.")
@click.option("--retry-failed", is_flag=True, help="Go on, and try again what failed.")
@click.option("--no-metadata", is_flag=True, help="Save images without the recipe inside.")
@view_options
def batch(
    prompts: Path | None,
    out: Path | None,
    *,
    together: int,
    resume: bool,
    retry_failed: bool,
    no_metadata: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,  # noqa: ANN401 - the options of a recipe
) -> None:
    """Search for the best image of each prompt in the file PROMPTS, many at once.

    PROMPTS is JSON Lines, JSON, CSV, TSV or Parquet with a column `prompt`, or a text with a
    prompt a line. Other keys of a line are those of a recipe, for that prompt alone, and `out`,
    the name of its run folder.
    """
    values = recipe_values(given) | {"metadata": False if no_metadata else None}
    asked_for = {name: each for name, each in values.items() if each is not None}
    with _ledger(prompts, out, asked_for, go_on=resume or retry_failed) as ledger:
        silent, book = quiet or as_json, ledger.book
        if not silent:
            for each in book.refused:
                click.echo(f"line {each.line} is refused: {each.reason}", err=True)
        todo = book.left(retry=retry_failed)
        view = BatchView(Console(stderr=True), book, todo, quiet=silent)
        with stop_after_batch() as stop, view:
            work(ledger, todo, together=together, watch=view, stop=stop)
        _tell(book, str(ledger.folder), as_json=as_json, quiet=quiet)


def _ledger(
    prompts: Path | None, out: Path | None, options: dict[str, Any], *, go_on: bool
) -> Ledger:
    """Open the batch that goes on, or begin one."""
    if go_on:
        if out is None:
            raise BadInput("Name the folder of the batch that is to go on with --out.")
        if prompts is not None or options:
            raise BadInput(
                "A batch that goes on knows its prompts and its recipe: give --out and --together "
                "alone, or begin another batch."
            )
        return Ledger(out)
    if prompts is None:
        raise BadInput("Name a file of prompts: cohp batch prompts.jsonl")
    asked, refused = read(prompts, options)
    return Ledger.begin(out or new_folder(prompts.stem), asked, refused)


def _tell(book: Book, folder: str, *, as_json: bool, quiet: bool) -> None:
    """Print what the batch came to; raises `SomeFailed` where prompts have no image."""
    failed = [each for each in book.asked if book.failed(each)]
    page = f"{folder}/{PAGE}"
    if as_json:
        runs = [_outcome(book, folder, each) for each in book.asked]
        refused = [vars(each) for each in book.refused]
        click.echo(json.dumps({"folder": folder, "page": page, "runs": runs, "refused": refused}))
    elif not quiet:
        click.echo(f"summary: {page}")
    if failed or book.refused:
        said = [f"{count(len(failed), 'prompt')} failed"] if failed else []
        said += [f"{count(len(book.refused), 'line')} refused"] if book.refused else []
        again = f" Try again: cohp batch --retry-failed --out {folder}" if failed else ""
        raise SomeFailed(f"{', '.join(said)}; the others are done.{again}")


def _outcome(book: Book, folder: str, asked: Asked) -> dict[str, Any]:
    return {"run": f"{folder}/{asked.name}", **book.done[asked.number].to_json()}
