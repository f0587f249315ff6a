"""`cohp show`: how a run came to its best image."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from cohp.record.folder import RunFolder
from cohp.report.explain import explain
from cohp.reporting import story


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def show(run: Path) -> None:
    """Tell how the run in the folder RUN came to its best image, and why that one won."""
    Console().print(explain(story(RunFolder(run))))
