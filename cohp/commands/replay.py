"""`cohp replay`: draw an image again from the recipe inside it."""

from __future__ import annotations

from pathlib import Path

import click

from cohp.commands.options import place_options
from cohp.replay import replay as draw_again


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where the new image goes.  [default: IMAGE-replayed.png beside it]",
)
@place_options
def replay(image: Path, out: Path | None, *, memory: str | None, devices: list[str] | None) -> None:
    """Draw IMAGE again, with its ancestors, from the recipe inside it, and compare the two."""
    target = out or image.with_name(f"{image.stem}-replayed.png")
    difference = draw_again(image, target, memory=memory, devices=devices)
    if difference is None:
        click.echo(f"{target} differs in size: {image} was resized after it was drawn.")
    elif difference == 0:
        click.echo(f"{target} is identical, pixel for pixel.")
    else:
        click.echo(f"{target} differs by at most {difference} of 255 levels in any pixel.")
