"""`cohp doctor`: what this machine has and what that allows."""

from __future__ import annotations

import click

from cohp.commands.options import Listed, reward_names
from cohp.doctor import examine


@click.command()
@click.option(
    "--reward",
    metavar="NAME",
    help="Say which models fit beside this reward.",
    shell_complete=reward_names,
)
@click.option("--memory", metavar="SIZE", help="As if each device had this much free: 24GB.")
@click.option("--devices", type=Listed(), metavar="NAME,...", help="The devices to fit models on.")
def doctor(reward: str | None, memory: str | None, devices: list[str] | None) -> None:
    """Say what this machine has, which models fit on it, and how they are held."""
    for name, found in examine(reward, memory, devices):
        click.echo(f"{name:<20}{found}")
