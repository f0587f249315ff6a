"""`cohp resume`: go on with a run, or extend it."""

from __future__ import annotations

from pathlib import Path

import click

from cohp.commands.options import place_options
from cohp.commands.working import view_options, work


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    help="Extend the run to this many rounds; with --from, so many more.",
)
@click.option(
    "--from",
    "image",
    metavar="IMAGE",
    help="Overrule the reward: go on from this image of the run, a file or an id.",
)
@place_options
@view_options
def resume(
    run: Path,
    rounds: int | None,
    image: str | None,
    *,
    memory: str | None,
    devices: list[str] | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Go on with the run in the folder RUN; what was recorded is not drawn again.

    With --from you overrule the reward: the image is preferred to the one that led, and the
    result is the best of it and what comes of it. Choose again to take it back.
    """
    work(
        lambda engine, **watch: engine.resume(
            run, rounds=rounds, prefer=image, memory=memory, devices=devices, **watch
        ),
        as_json=as_json,
        quiet=quiet,
    )
