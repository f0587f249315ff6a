"""`cohp bench accuracy`: how well rewards agree with people."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cohp.bench.accuracy import measure
from cohp.bench.accuracy_reports import write_reports
from cohp.bench.accuracy_tables import pairs_csv, tables
from cohp.calibration import Calibration
from cohp.commands.bench.agreeing import agree, pair_options
from cohp.commands.calibrating import calibration_option
from cohp.commands.working import view_options
from cohp.errors import SomeUnscored
from cohp.measure.places import check_folder
from cohp.report.words import count


@click.command()
@pair_options
@calibration_option
@click.option(
    "--tie-margin",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Where pairs are tied: a judge is undecided when its two chances differ by no more.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write tables, every pair and the reliability plots there.",
)
@view_options
def accuracy(
    *,
    calibration: Calibration | None,
    tie_margin: float,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **given: Any,  # noqa: ANN401 - the pairs' options
) -> None:
    """Say how well rewards agree with people on PAIRS.

    PAIRS is HPDv3's or HPDv2's JSON, ImageReward's ranks, or Pick-a-Pic's Parquet, known by
    their keys. What was scored is kept: after a stop, the same command goes on.
    """
    if out is not None:
        check_folder(out)
    found = agree(**given, quiet=quiet or as_json)
    chances = {
        judge: calibration.of(judge) if calibration else chance
        for judge, chance in found.chances.items()
    }
    measured = {
        judge: measure(several, chances[judge], tie_margin)
        for judge, several in found.outcomes.items()
    }
    if out is not None:
        write_reports(out, measured, pairs_csv(found.outcomes, chances), found.faults)
    if as_json:
        click.echo(json.dumps({judge: asdict(each) for judge, each in measured.items()}))
    elif not quiet:
        for grid in tables(measured):
            Console().print(grid.text())
    if found.faults:
        raise SomeUnscored(f"{count(len(found.faults), 'item')} could not be used.")
