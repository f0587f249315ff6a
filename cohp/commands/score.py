"""`cohp score`: what rewards say of images that exist already."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from cohp.commands.measuring import image_options, no_cache_option, reward_option, session
from cohp.commands.score_table import ScoreTable
from cohp.errors import BadInput, SomeUnscored
from cohp.measure.items import Judged
from cohp.measure.opening import Done, nothing_done
from cohp.measure.out_file import SCORES, OutFile
from cohp.measure.places import check_file
from cohp.measure.prompting import listing


@click.command()
@image_options
@reward_option
@no_cache_option
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each score.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the scores to a .jsonl, .csv or .parquet file; one that exists is gone on with.",
)
def score(
    *,
    images: tuple[str, ...],
    prompts: tuple[str, ...],
    source: Path | None,
    rewards: tuple[str, ...],
    no_cache: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Score IMAGES: files, folders and patterns, or those that --prompts names.

    Without --prompt or --prompts each image has its own: in a .txt beside it, or inside the PNG.
    A bad image is said to be so, and the rest are scored.
    """
    if out is not None and as_json:
        raise BadInput("Give --json or --out: the file has the same lines.")
    if out is not None:
        check_file(out, SCORES.kinds)
    failed = 0
    asked = listing(images, prompts, source)
    with session(asked, rewards, no_cache=no_cache) as sitting, ExitStack() as held:
        bar: Console | None = Console(stderr=True)
        done: Done = nothing_done
        add: Callable[[Judged], None] = _print_json
        if out is not None:
            file = held.enter_context(OutFile(out, sitting.panel.revisions))
            held.callback(lambda: click.echo(file.summary, err=True))
            done, add = file.has, lambda judged: file.add(judged.rows())
        elif as_json:
            # Lines on a terminal show by themselves how far it is.
            bar = bar if not sys.stdout.isatty() else None
        else:
            shown = Console()
            several = len(prompts) != 1
            table = held.enter_context(ScoreTable(shown, sitting.panel.judges, prompts=several))
            bar, add = shown if shown.is_terminal else bar, table.add
        for judged in sitting.judged(bar, done):
            failed += sum(isinstance(said, str) for said in judged.said.values())
            add(judged)
    if failed:
        scores = sitting.count * len(sitting.panel.judges)
        raise SomeUnscored(f"{failed} of {scores} scores could not be given.")


def _print_json(judged: Judged) -> None:
    for row in judged.rows():
        click.echo(json.dumps(row))
