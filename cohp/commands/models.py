"""`cohp models`: the models that have a short name."""

from __future__ import annotations

import click

from cohp.catalogue import catalogue, find, user_file


@click.command()
@click.argument("name", required=False)
def models(name: str | None) -> None:
    """List the models that have a short name, or describe the one called NAME."""
    if name is not None:
        for field, value in find(name).model_dump(exclude_none=True).items():
            click.echo(f"{field:<14}{value}")
        return
    for model in catalogue().values():
        mark = "*" if model.default else " "
        click.echo(f"{mark} {model.name:<18}{model.about}")
    click.echo(f"\n* takes part when no --models is given. Add your own in {user_file()}.")
