"""`cohp models`: the models that can be named, what is known of each, and getting one."""

from __future__ import annotations

import click

from cohp.catalogue import Model, catalogue, is_embedded, user_file
from cohp.mini import vocabulary
from cohp.naming import resolve
from cohp.options import flat
from cohp.pipelines.presence import status
from cohp.spelling import written

SHOWN = {
    "family": "family",
    "source": "source",
    "revision": "revision",
    "variant": "variant",
    "licence": "licence",
    "dtype": "precision",
    "steps": "steps",
    "guidance": "guidance",
    "size_multiple": "sizes are multiples of",
    "config": "configuration",
    "key": "key in",
}


@click.command()
@click.argument("name", required=False)
@click.option("--get", "wanted", metavar="NAME", help="Download a model, saying its size first.")
def models(name: str | None, wanted: str | None) -> None:
    """List the models that have a short name, or describe the one called NAME.

    NAME may also be a hub id, a diffusers folder, a .safetensors file or a hosted model.
    """
    if wanted is not None:
        # Imported here because a list must not wait for the network's library.
        from cohp.pipelines.download import download  # noqa: PLC0415

        download(resolve(wanted), click.echo)
    elif name is not None:
        _describe(resolve(name))
    else:
        _list()


def _list() -> None:
    rows = [("", "model", "family", "size", "pixels", "here", "licence")]
    rows += [
        (
            "*" if model.default else " ",
            model.name,
            model.family or model.generator,
            model.size.removeprefix("about ") if model.bytes else "-",
            f"{model.width}x{model.height}",
            status(model),
            model.licence or "-",
        )
        for model in catalogue().values()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).strip("\n").rstrip())
    click.echo(
        "\n* takes part when no --models is given. `cohp models NAME` tells more of one; any hub "
        f"id, folder or .safetensors file\nis a model too. Add your own in {user_file()}."
    )


def _describe(model: Model) -> None:
    click.echo(model.name + (f": {model.about}" if model.about else ""))
    told = {label: getattr(model, field) for field, label in SHOWN.items()}
    told |= {
        "size": f"{model.width}x{model.height}",
        "download": model.size if model.bytes else None,
        "LoRA": ", ".join(f"{lora.source} at {lora.weight:g}" for lora in model.loras),
        "options": ", ".join(
            f"{name}={written(value)}" for name, value in flat(model.options).items()
        ),
        "needs too": ", ".join(text.partition("@")[2] for text in model.parts.values()),
        "negative prompt": "yes" if model.negative else "has no effect",
        "can refine": "yes" if model.refines else "no: a local candidate refines its image",
        "price": f"${model.price:g} an image" if model.price is not None else None,
        "consent": f"asked for at https://huggingface.co/{model.source}" if model.gated else None,
        "on this machine": status(model),
    }
    if is_embedded(model.name):
        told |= vocabulary.lists()
    for label, value in told.items():
        if value not in (None, ""):
            click.echo(f"  {label:<24}{value}")
