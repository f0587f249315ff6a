"""`cohp batch`: many prompts from a file, searched for together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cohp.batch.ledger import Ledger
from cohp.batch.lines import Asked, Refused, read
from cohp.batch.running import work
from cohp.commands.batch_ray import search_on_ray
from cohp.commands.batch_telling import Shown
from cohp.commands.batch_view import BatchView
from cohp.commands.options import recipe_options, recipe_values
from cohp.commands.stopping import stop_after_batch
from cohp.commands.working import view_options
from cohp.engine import TOGETHER
from cohp.errors import BadInput
from cohp.record.places import new_folder

AGAIN = "cohp batch --retry-failed --out"
HERE = ""


@click.command()
@click.argument("prompts", type=click.Path(path_type=Path), required=False)
@recipe_options
@click.option(
    "--out",
    metavar="FOLDER",
    help="The folder of the batch; with --ray also a URL (s3://...).  "
    "[default: a new one under cohp-runs/]",
)
@click.option(
    "--together",
    type=click.IntRange(1, 1000),
    help=f"Searches in flight at a time.  [default: {TOGETHER}; with --ray as many as fit]",
)
@click.option("--resume", is_flag=True, help="Go on with the batch in --out.")
@click.option("--retry-failed", is_flag=True, help="Go on, and try again what failed.")
@click.option("--no-metadata", is_flag=True, help="Save images without the recipe inside.")
@click.option(
    "--ray",
    is_flag=False,
    flag_value=HERE,
    metavar="[ADDRESS]",
    help="Search on the Ray cluster at ADDRESS or in RAY_ADDRESS; without one, on all devices of "
    "this machine.",
)
@click.option(
    "--workers",
    metavar="N|MIN-MAX",
    help="With --ray: workers that draw, or the limits to scale between.  [default: all that fit]",
)
@view_options
def batch(
    prompts: Path | None,
    out: str | None,
    *,
    together: int | None,
    resume: bool,
    retry_failed: bool,
    no_metadata: bool,
    ray: str | None,
    workers: str | None,
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
    options = {name: each for name, each in values.items() if each is not None}
    begun = _begun(prompts, out, options, go_on=resume or retry_failed)
    folder = out or str(new_folder(prompts.stem if prompts else "batch"))
    shown = Shown(as_json=as_json, quiet=quiet)
    if ray is not None:
        if together is not None:
            raise BadInput("--together is for one machine; with --ray give --workers.")
        search_on_ray(folder, begun, ray, workers, retry=retry_failed, shown=shown)
        return
    if workers is not None or "://" in folder:
        raise BadInput("--workers, and a URL as --out, are for a batch on Ray: add --ray.")
    with Ledger.begin(Path(folder), *begun) if begun else Ledger(Path(folder)) as ledger:
        shown.refused(ledger.book)
        todo = ledger.book.left(retry=retry_failed)
        view = BatchView(Console(stderr=True), ledger.book, todo, quiet=shown.silent)
        with stop_after_batch() as stop, view:
            work(ledger, todo, together=together or TOGETHER, watch=view, stop=stop)
        shown.outcome(ledger.book, folder, AGAIN)


def _begun(
    prompts: Path | None, out: str | None, options: dict[str, Any], *, go_on: bool
) -> tuple[list[Asked], list[Refused]] | None:
    """Read what a new batch asks for; None for one that goes on."""
    if not go_on:
        if prompts is None:
            raise BadInput("Name a file of prompts: cohp batch prompts.jsonl")
        return read(prompts, options)
    if out is None:
        raise BadInput("Name the folder of the batch that is to go on with --out.")
    if prompts is not None or options:
        raise BadInput(
            "A batch that goes on knows its prompts and its recipe: give --out and --together "
            "alone, or begin another batch."
        )
    return None
