"""`cohp resume`: go on with a run, or extend it."""

from __future__ import annotations

from pathlib import Path

import click

from cohp.commands.options import place_options
from cohp.commands.working import view_options, work


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--rounds", type=int, help="Extend the run to this many rounds.")
@place_options
@view_options
def resume(
    run: Path,
    rounds: int | None,
    *,
    memory: str | None,
    devices: list[str] | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Go on with the run in the folder RUN; what was recorded is not drawn again."""
    work(
        lambda engine, **watch: engine.resume(
            run, rounds=rounds, memory=memory, devices=devices, **watch
        ),
        as_json=as_json,
        quiet=quiet,
    )
