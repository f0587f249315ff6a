"""`cohp export pairs`: preferences from runs, to train the next reward from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from cohp.bench.labels import FORMATS, write
from cohp.bench.preferences import Preference, chosen, decided, runs_in
from cohp.errors import RunTrouble, SomeUnscored
from cohp.measure.places import check_folder
from cohp.report.words import count


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
@click.option("--people", is_flag=True, help="Only what people chose, against the reward.")
def pairs(runs: tuple[Path, ...], kind: str, out: Path, least: float, *, people: bool) -> None:
    """Write what RUNS decided: each round's winner preferred to the rest of its round.

    RUNS are run folders, or folders that hold some. The confidence of a pair is the chance, by
    the reward's own deviations, that the winner is the better image. What people chose, in the
    page or with `cohp resume --from`, goes before it, marked "a person".
    """
    decide = chosen if people else partial(decided, least=least)
    check_folder(out)
    broken: list[str] = []
    found = [each for run in runs for each in runs_in(run)]
    path, made = write(_decided(found, decide, broken), kind, out)
    click.echo(f"{count(made, 'pair')} of {count(len(found) - len(broken), 'run')}: {path}")
    if broken:
        raise SomeUnscored(f"{len(broken)} of {len(found)} runs could not be read.")


def _decided(
    runs: Sequence[Path], decide: Callable[[Path], Iterator[Preference]], broken: list[str]
) -> Iterator[Preference]:
    for run in runs:
        try:
            yield from [*decide(run)]
        except RunTrouble as error:
            broken.append(str(error))
            click.echo(str(error), err=True)
