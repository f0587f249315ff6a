"""`cohp recipes`: the recipes that have a name."""

from __future__ import annotations

import click

from cohp.recipes import named, source


@click.command()
@click.argument("name", required=False)
def recipes(name: str | None) -> None:
    """List the recipes that have a name, or print NAME as a file to start from."""
    if name is not None:
        click.echo(source(name))
        return
    for each, values in named().items():
        click.echo(f"{each:<12}{values['about']}")
