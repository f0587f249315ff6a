"""`cohp export pairs`: preferences from runs, to train the next reward from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from cohp.bench.labels import FORMATS, write
from cohp.bench.preferences import Preference, decided, runs_in
from cohp.errors import RunTrouble, SomeUnscored
from cohp.measure.places import check_folder


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS]),
    default="hpdv3",
    show_default=True,
    help=f"{'; '.join(each.about for each in FORMATS.values())}.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where the file goes, and the images.",
)
@click.option(
    "--least",
    type=click.FloatRange(0.5, 1),
    default=0.5,
    help="Leave out pairs that the reward is less sure of.  [default: 0.5]",
)
def pairs(runs: tuple[Path, ...], kind: str, out: Path, least: float) -> None:
    """Write what RUNS decided: each round's winner preferred to the rest of its round.

    RUNS are run folders, or folders that hold some. The confidence of a pair is the chance, by
    the reward's own deviations, that the winner is the better image.
    """
    check_folder(out)
    broken: list[str] = []
    found = [each for run in runs for each in runs_in(run)]
    path, count = write(_decided(found, least, broken), kind, out)
    click.echo(f"{count} pairs of {len(found) - len(broken)} runs: {path}")
    if broken:
        raise SomeUnscored(f"{len(broken)} of {len(found)} runs could not be read.")


def _decided(runs: Sequence[Path], least: float, broken: list[str]) -> Iterator[Preference]:
    for run in runs:
        try:
            yield from [*decided(run, least)]
        except RunTrouble as error:
            broken.append(str(error))
            click.echo(str(error), err=True)
