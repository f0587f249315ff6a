"""`cohp embed`: the features a reward reads its scores from."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from cohp.commands.measuring import image_options, reward_option, session
from cohp.commands.score_table import print_error
from cohp.errors import SomeUnscored
from cohp.measure.feature_file import FEATURES, rows
from cohp.measure.features import embed as embedded
from cohp.measure.features import embedder
from cohp.measure.out_file import OutFile
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
    help="A .npz or .parquet file: image, prompt, features, and text where the reward has it; one "
    "that exists is gone on with.",
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
    check_file(out, FEATURES.kinds)
    failed = 0
    bar = Console(stderr=True)
    asked = listing(images, prompts, source)
    with session(asked, rewards) as sitting, ExitStack() as held:
        embedder(sitting.panel)
        ((reward, revision),) = sitting.panel.revisions.items()
        file = held.enter_context(OutFile(out, sitting.panel.revisions, FEATURES))
        held.callback(lambda: click.echo(file.summary, err=True))
        stream = embedded(sitting.images, sitting.panel, file.has, sitting.stop)
        for each in sitting.watched(stream, bar):
            file.add(rows(each, reward, revision))
            if each.error is not None:
                failed += 1
                print_error(bar, each.item.name, each.error)
    if failed:
        raise SomeUnscored(f"No features for {count(failed, 'image')}.")
