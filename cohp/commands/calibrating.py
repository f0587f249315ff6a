"""The option that puts a person's own calibration in the place of the reward's."""

from __future__ import annotations

from pathlib import Path

import click

from cohp.calibration import Calibration, load


def _loaded(_: click.Context, __: click.Parameter, path: Path | None) -> Calibration | None:
    return None if path is None else load(path)


calibration_option = click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    callback=_loaded,
    metavar="FILE",
    help="The chance of preference as `cohp bench calibrate` fitted it to pairs of your own.",
)
