"""`cohp rank`: the best of many images, by prompt, folder or column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from cohp.calibration import Calibration
from cohp.commands.calibrating import calibration_option
from cohp.commands.measuring import image_options, no_cache_option, reward_option, session
from cohp.commands.score_table import NARROWEST, print_error, print_line, written
from cohp.errors import SomeUnscored
from cohp.measure import ranking
from cohp.measure.copying import copy_all
from cohp.measure.items import Judged
from cohp.measure.places import check_folder
from cohp.measure.prompting import listing
from cohp.report.words import count
from cohp.reward.combine import RULES


@click.command()
@image_options
@reward_option
@calibration_option
@no_cache_option
@click.option("--top", type=click.IntRange(min=1), metavar="K", help="Only the best K of a group.")
@click.option(
    "--group",
    "by",
    default="prompt",
    show_default=True,
    metavar="BY",
    help="What is ranked together: prompt, folder, all, or a column of the file of prompts.",
)
@click.option(
    "--combine",
    type=click.Choice(RULES),
    default=RULES[0],
    show_default=True,
    help="How several rewards add up within a group.",
)
@click.option(
    "--copy-to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Copy the ranked images, named by their places; nothing is overwritten.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each image.")
def rank(
    *,
    images: tuple[str, ...],
    prompts: tuple[str, ...],
    source: Path | None,
    rewards: tuple[str, ...],
    calibration: Calibration | None,
    no_cache: bool,
    top: int | None,
    by: str,
    combine: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Rank IMAGES, the best first; several rewards add up.

    Scores of different prompts do not compare, so each prompt's images are ranked by themselves.
    """
    asked = listing(images, prompts, source)
    first = next((item for item in asked if item.error is None), None)
    group = ranking.grouping(by, first.values if first else ())
    if folder is not None:
        check_folder(folder)
    failed: list[str] = []
    bar = Console(stderr=True)
    joined = ["+".join(rewards)] if rewards else []
    with session(asked, joined, no_cache=no_cache) as sitting:
        (judge,) = sitting.panel.judges.values()
        how: dict[str, Any] = {"top": top, "combine": combine}
        if calibration is not None:
            how["preference"] = calibration.of(judge.name)
        told = _told(sitting.judged(bar), bar, failed)
        ranked = list(ranking.rank(told, judge, group, **how))
    copies = list(copy_all(ranked, folder)) if folder is not None else []
    if as_json:
        for number, each in enumerate(ranked):
            copy = {"copy": str(copies[number])} if copies else {}
            click.echo(json.dumps({**each.row(), **copy}))
    else:
        _print(Console(), ranked)
    if failed:
        lost = count(len(failed), "image")
        raise SomeUnscored(f"No score, and so no place, for {lost}.")


def _told(judged: Iterator[Judged], console: Console, failed: list[str]) -> Iterator[Judged]:
    """Say what could not be scored as it passes."""
    for each in judged:
        if each.error is not None:
            failed.append(each.item.name)
            print_error(console, each.item.name, each.error)
        yield each


def _print(console: Console, ranked: Sequence[ranking.Ranked]) -> None:
    several = len({each.group for each in ranked}) > 1
    head = f"place  {'score':>{NARROWEST}}  first preferred  image"
    for each in ranked:
        if each.place == 1:
            title = f"\n{each.group}\n" if several else ""
            print_line(console, Text(title + head, "bold"))
        behind = "" if each.behind is None else f"{each.behind:.1%}"
        line = f"{each.place:>5}  {written(each.score):>{NARROWEST}}  {behind:>15}"
        print_line(console, Text(f"{line}  {each.judged.item.name}"))
