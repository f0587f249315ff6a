"""`cohp compare`: which of two images is preferred, and how surely."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cohp.calibration import Calibration
from cohp.commands.calibrating import calibration_option
from cohp.commands.measuring import no_cache_option, reward_option, session
from cohp.measure.comparing import compare as compared
from cohp.measure.items import Item, Listing


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--prompt", help="What both should show.  [default: the one they carry]")
@reward_option
@calibration_option
@no_cache_option
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each reward.")
def compare(
    *,
    a: Path,
    b: Path,
    prompt: str | None,
    rewards: tuple[str, ...],
    calibration: Calibration | None,
    no_cache: bool,
    as_json: bool,
) -> None:
    """Tell how likely image A is preferred to image B, and what the reward's doubt does to that."""
    pair = tuple(Item(path, str(path), prompt) for path in (a, b))
    with session(Listing(lambda: iter(pair)), rewards, no_cache=no_cache) as sitting:
        first, second = sitting.judged(None)
        for judge in sitting.panel.judges.values():
            chance = calibration.of(judge.name) if calibration else None
            found = compared(first, second, judge, chance)
            if as_json:
                click.echo(json.dumps({"a": str(a), "b": str(b), **found.row()}))
            else:
                click.echo(found.sentence)
