"""`cohp rewards`: who can judge images, and getting the weights of one."""

from __future__ import annotations

import click

from cohp.reward import catalogue
from cohp.reward.fetching import download
from cohp.reward.loading import names
from cohp.reward.weights import is_here


@click.command()
@click.argument("name", required=False)
@click.option("--get", "wanted", metavar="NAME", help="Fetch the weights of a reward.")
def rewards(name: str | None, wanted: str | None) -> None:
    """List the rewards that images can be judged by, or describe the one called NAME."""
    if wanted is not None:
        click.echo(f"It is in {download(catalogue.find(wanted), click.echo)}.")
        return
    if name is not None:
        _describe(catalogue.find(name))
        return
    known = catalogue.entries()
    for entry in known.values():
        here = "here" if is_here(entry) else "-"
        click.echo(f"{entry.name:<14}{entry.size:>8}  {here:<5} {entry.about}")
    aliases = {alias for entry in known.values() for alias in entry.aliases}
    for other in names():
        if other not in known and other not in aliases:
            click.echo(f"{other:<14}{'-':>8}  here  needs no weights")
    click.echo("\nMore of one: cohp rewards NAME. Its weights: cohp rewards --get NAME.")


def _describe(entry: catalogue.Entry) -> None:
    for field, value in (
        ("name", ", ".join((entry.name, *entry.aliases))),
        ("measures", entry.about),
        ("range", entry.range),
        ("size", entry.size),
        ("licence", entry.licence),
        ("from", _origin(entry)),
        ("here", "yes" if is_here(entry) else "no"),
    ):
        click.echo(f"{field:<10}{value}")


def _origin(entry: catalogue.Entry) -> str | None:
    if entry.inside:
        return "it comes with CoHP"
    return ", ".join(source.where for source in entry.sources) or entry.by_hand
