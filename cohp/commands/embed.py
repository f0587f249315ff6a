"""`cohp embed`: the features a reward reads its scores from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.console import Console

from cohp.commands.measuring import image_options, reward_option, session
from cohp.commands.score_table import print_error
from cohp.errors import SomeUnscored
from cohp.measure.feature_file import WRITERS, write_features
from cohp.measure.features import Embedded, embedder
from cohp.measure.features import embed as embedded
from cohp.measure.places import check_file
from cohp.measure.prompting import listing
from cohp.report.words import count


@click.command()
@image_options
@reward_option
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A .npz or .parquet file: image, prompt, features, and text where the reward has it.",
)
def embed(
    *,
    images: tuple[str, ...],
    prompts: tuple[str, ...],
    source: Path | None,
    rewards: tuple[str, ...],
    out: Path,
) -> None:
    """Write the features of IMAGES: what the reward reads its score from, a vector an image.

    Those of hpsv3 and imagereward depend on the prompt too; for the others it may be empty.
    """
    check_file(out, WRITERS)
    failed: list[str] = []
    bar = Console(stderr=True)
    with session(listing(images, prompts, source), rewards) as sitting:
        embedder(sitting.panel)
        stream = embedded(sitting.images, sitting.panel, sitting.stop)
        watched = sitting.watched(stream, bar, "Nothing was written.")
        write_features(out, _told(watched, bar, failed))
    if failed:
        lost = count(len(failed), "image")
        raise SomeUnscored(f"{lost} could not be read, and have no features.")


def _told(embedded: Iterable[Embedded], console: Console, failed: list[str]) -> Iterator[Embedded]:
    """Pass on what has features, and say what has none."""
    for each in embedded:
        if each.error is None:
            yield each
        else:
            failed.append(each.item.name)
            print_error(console, each.item.name, each.error)
