"""`cohp generate`: from a prompt to the best image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cohp.catalogue import is_embedded
from cohp.commands.options import recipe_options, recipe_values
from cohp.commands.working import view_options, work
from cohp.engine import compose
from cohp.errors import DoesNotFit
from cohp.executors.planning import plan as holding_plan
from cohp.mini import vocabulary
from cohp.placement.plan import Plan
from cohp.placement.telling import plan_json, plan_text
from cohp.recipe import Recipe
from cohp.report.costs import cost, cost_json, cost_text
from cohp.run import plan


@click.command()
@click.argument("prompt")
@recipe_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The run folder to make.  [default: a new one under cohp-runs/]",
)
@click.option("--no-metadata", is_flag=True, help="Save images without the recipe inside.")
@click.option("--dry-run", is_flag=True, help="Print the plan and its cost; load nothing.")
@view_options
def generate(
    prompt: str,
    out: Path | None,
    *,
    no_metadata: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,  # noqa: ANN401 - the options of a recipe
) -> None:
    """Search for the best image of PROMPT."""
    values = recipe_values(given)
    recipe = compose(prompt, metadata=False if no_metadata else None, **values)
    if not (quiet or as_json):
        click.echo(embedded(recipe), err=True, nl=False)
    if dry_run:
        lines, held = cost(recipe, plan(recipe)), holding(recipe)
        if as_json:
            memory = {"refused": held} if isinstance(held, str) else plan_json(held)
            click.echo(json.dumps({**cost_json(recipe, lines), "memory": memory}))
        else:
            click.echo(cost_text(recipe, lines))
            told = held if isinstance(held, str) else plan_text(held)
            click.echo(f"\n{told}" if told else "", nl=bool(told))
        return
    work(
        lambda engine, **watch: engine.run(recipe, out=out, **watch),
        as_json=as_json,
        quiet=quiet,
    )


def holding(recipe: Recipe) -> Plan | str:
    """Return who would be held where, or why it does not fit."""
    try:
        return holding_plan([recipe])
    except DoesNotFit as refusal:
        return str(refusal)


def embedded(recipe: Recipe) -> str:
    """Say what an embedded model cannot know, where one takes part."""
    minis = [each.name for each in recipe.models if is_embedded(each.name)]
    if not minis:
        return ""
    what = (
        "small embedded illustration models" if minis[1:] else "a small embedded illustration model"
    )
    said = f"{', '.join(minis)}: {what}. Name a big one with --models (see `cohp models`).\n"
    if strange := vocabulary.unknown(recipe.prompt):
        said += (
            f"It does not know {', '.join(map(repr, strange[:5]))}; it knows what "
            f"`cohp models {minis[0]}` lists, such as {vocabulary.EXAMPLES[1]!r}.\n"
        )
    return said
