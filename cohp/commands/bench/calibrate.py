"""`cohp bench calibrate`: the chance of preference, fitted to a person's own pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cohp.bench.fitting import METHODS, fit
from cohp.calibration import Calibration, Temperature
from cohp.commands.bench.agreeing import agree, pair_options
from cohp.errors import BadInput, OutUnwritable, SomeUnscored
from cohp.measure.places import check_parent
from cohp.record.files import write_whole
from cohp.report.words import count


@click.command()
@pair_options
@click.option(
    "--method",
    type=click.Choice([*METHODS]),
    default="temperature",
    show_default=True,
    help="One number that scores are divided by, or any rising line (needs many pairs).",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The calibration to write.",
)
def calibrate(*, method: str, out: Path, **given: Any) -> None:  # noqa: ANN401 - the pairs' options
    """Fit the chance that people prefer an image to the pairs in PAIRS.

    The errors told are of pairs that the chance was not fitted to: a fifth of the prompts at a
    time, fitted to the other four.
    """
    if len(given["rewards"]) > 1:
        raise BadInput("A calibration is of one reward: give --reward once.")
    check_parent(out)
    found = agree(**given)
    ((judge, outcomes),) = found.outcomes.items()
    fitted = fit(outcomes, method, found.chances[judge])
    decided = sum(not each.tied for each in outcomes)
    made = Calibration(judge, found.revisions[judge], decided, fitted.chance)
    try:
        write_whole(out, f"{json.dumps(made.to_json(), indent=1)}\n".encode())
    except OSError as error:
        raise OutUnwritable(out, error.strerror or str(error)) from error
    if isinstance(fitted.chance, Temperature):
        click.echo(f"temperature {fitted.chance.temperature:g}, from {count(decided, 'pair')}")
    else:
        steps = count(len(fitted.chance.knots), "knot")
        click.echo(f"a rising line of {steps}, from {count(decided, 'pair')}")
    before, after = fitted.before, fitted.after
    click.echo(f"calibration error {before.error:.3f}, held out {after.error:.3f}")
    click.echo(f"log loss {before.log_loss:.3f}, held out {after.log_loss:.3f}")
    click.echo(f"written: {out}")
    if found.faults:
        raise SomeUnscored(f"{count(len(found.faults), 'item')} could not be used.")
