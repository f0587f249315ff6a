"""`cohp bench run`: prompts in, tables out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cohp.bench import sources
from cohp.bench.asked import BATCH, Asked
from cohp.bench.contestants import enter, usual_judge
from cohp.bench.protocols import PROTOCOLS, protocol
from cohp.commands.bench.working import work
from cohp.commands.measuring import reward_option
from cohp.commands.options import Size
from cohp.commands.working import view_options
from cohp.errors import BadInput
from cohp.reward.loading import settled
from cohp.spelling import listed

FOLDER = Path("cohp-bench")


@click.command()
@click.argument("prompts")
@click.option("--models", multiple=True, metavar="NAME,...", help="Models, one image a prompt.")
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    metavar="NAME|FILE",
    help="A whole recipe, whose verdict is its image; more than one.",
)
@click.option("--candidates", multiple=True, metavar="NAME,...", help="Who draws in the recipes.")
@click.option(
    "--images",
    multiple=True,
    metavar="NAME=FOLDER",
    help="Images there are already, as FOLDER/CATEGORY/00000.jpg; more than one.",
)
@reward_option
@click.option(
    "--protocol",
    "named",
    type=click.Choice([*PROTOCOLS]),
    help="How scores add up.  [default: told by the prompts]",
)
@click.option("--category", "categories", multiple=True, help="Only this one; more than one.")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Only the first N prompts of a category."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of all images.")
@click.option("--size", type=Size(), metavar="N|WxH", help="Pixels, multiples of 8.")
@click.option("--steps", type=int, help="Denoising steps, for everyone.")
@click.option("--guidance", type=float, help="Guidance scale, for everyone.")
@click.option(
    "--batch",
    type=click.IntRange(1),
    default=BATCH,
    show_default=True,
    help="Prompts a model is given at once.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The benchmark's folder; one that exists is gone on with.  [default: cohp-bench/PROMPTS]",
)
@view_options
def run(
    *,
    prompts: str,
    models: tuple[str, ...],
    recipes: tuple[str, ...],
    candidates: tuple[str, ...],
    images: tuple[str, ...],
    rewards: tuple[str, ...],
    named: str | None,
    categories: tuple[str, ...],
    limit: int | None,
    size: tuple[int, int] | None,
    batch: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **settings: Any,  # noqa: ANN401 - those of a recipe
) -> None:
    """Draw PROMPTS with models and recipes and have rewards judge the images.

    PROMPTS is a .txt, .csv, .tsv, .json, .jsonl or .parquet file, a folder with a file for each
    category, or a dataset of the hub that is on this machine. The HPSv2 and HPDv3 benchmarks and
    GenEval's prompts are known by their shape. A recipe that names no reward of its own is driven
    by the first that judges.

    The same command goes on after a stop; with more models, recipes, rewards or prompts it adds
    to what there is.
    """
    found = sources.load(prompts, protocol(named) if named else None)
    for fault in found.faults:
        click.echo(str(fault), err=True)
    judges = tuple(map(settled, rewards))
    width, height = size or (None, None)
    contestants = enter(
        _names(models),
        recipes,
        dict(_folder(each) for each in images),
        judge=next(iter(judges), None),
        candidates=_names(candidates) or None,
        width=width,
        height=height,
        **settings,
    )
    judges = judges or (usual_judge(contestants),)
    asked = Asked(found.only(categories, limit), tuple(contestants), judges, batch)
    work(asked, out or FOLDER / Path(prompts).stem, as_json=as_json, quiet=quiet)


def _names(typed: tuple[str, ...]) -> list[str]:
    return [name for each in typed for name in listed(each)]


def _folder(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not name or not equals:
        raise BadInput(f"{text!r} names no images: write --images NAME=FOLDER.")
    return name, Path(folder).expanduser()
