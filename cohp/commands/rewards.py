"""`cohp rewards`: who can judge images."""

from __future__ import annotations

import click

from cohp import registry


@click.command()
def rewards() -> None:
    """List the rewards that images can be judged by."""
    for name in registry.names("reward"):
        click.echo(name)
