"""`cohp rewards`: who can judge images, and getting the weights of one."""

from __future__ import annotations

import click

from cohp.errors import UnknownName
from cohp.reward import catalogue
from cohp.reward.fetching import download
from cohp.reward.loading import names
from cohp.reward.weights import is_here


@click.command()
@click.argument("name", required=False)
@click.option("--get", "wanted", metavar="NAME", help="Fetch the weights of a reward.")
def rewards(name: str | None, wanted: str | None) -> None:
    """List the rewards that images can be judged by, or describe the one called NAME."""
    for each in filter(None, (name, wanted)):
        if each not in names():
            raise UnknownName("reward", each, names())
    if wanted is not None:
        _get(wanted)
    elif name is not None:
        _describe(name)
    else:
        _list()


def _get(name: str) -> None:
    if name not in catalogue.names():
        click.echo(f"{name} needs no weights.")
        return
    click.echo(f"It is in {download(catalogue.find(name), click.echo)}.")


def _list() -> None:
    _row("name", "size", "here", "licence", "range of the published weights")
    known = catalogue.entries()
    for entry in known.values():
        here = "here" if is_here(entry) else "-"
        licence, span = entry.licence.partition(" (")[0], entry.range.partition(";")[0]
        _row(entry.name, entry.size, here, licence, span)
        click.echo(f"  {entry.about}")
    for other in names():
        if other not in catalogue.names():
            _row(other, "-", "here", "-", "needs no weights")
    click.echo("\nMore of one: cohp rewards NAME. Its weights: cohp rewards --get NAME.")


def _row(name: str, size: str, here: str, licence: str, span: str) -> None:
    click.echo(f"{name:<14}{size:>8}  {here:<5} {licence:<11} {span}")


def _describe(name: str) -> None:
    if name not in catalogue.names():
        click.echo(f"{name} needs no weights.")
        return
    entry = catalogue.find(name)
    for field, value in (
        ("name", ", ".join((entry.name, *entry.aliases))),
        ("measures", entry.about),
        ("range", entry.range),
        ("size", entry.size),
        ("licence", entry.licence),
        ("from", _origin(entry)),
        ("needs", ", ".join(entry.needs)),
        ("here", "yes" if is_here(entry) else "no"),
    ):
        if value:
            click.echo(f"{field:<10}{value}")


def _origin(entry: catalogue.Entry) -> str | None:
    if entry.inside:
        return "it comes with CoHP"
    return ", ".join(map(_whence, entry.sources)) or entry.by_hand


def _whence(source: catalogue.Source) -> str:
    """Name a source, and say where its commit is to be settled yet."""
    settled = source.repo is None or source.commit
    return source.where if settled else f"{source.where} (held to the commit that arrives)"
