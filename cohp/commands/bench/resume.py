"""`cohp bench resume`: go on with a benchmark."""

from __future__ import annotations

from pathlib import Path

import click

from cohp.bench.asked import Asked
from cohp.bench.state import State
from cohp.commands.bench.working import work
from cohp.commands.working import view_options


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@view_options
def resume(folder: Path, *, as_json: bool, quiet: bool) -> None:
    """Go on with the benchmark in FOLDER; nothing that was recorded is drawn again."""
    work(Asked.kept(folder, State.read(folder)), folder, as_json=as_json, quiet=quiet)
