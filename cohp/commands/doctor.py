"""`cohp doctor`: what this machine has and what that allows."""

from __future__ import annotations

import click

from cohp.doctor import examine


@click.command()
def doctor() -> None:
    """Say what this machine has and what that allows."""
    for name, found in examine():
        click.echo(f"{name:<14}{found}")
