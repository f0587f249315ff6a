"""`cohp bench`: models, recipes and rewards compared on many prompts, or on pairs people chose."""

from __future__ import annotations

import click

from cohp.commands.lazy import LazyGroup

COMMANDS = {
    "accuracy": "Say how well rewards agree with people on a file of pairs.",
    "calibrate": "Fit the chance of preference to a file of pairs.",
    "resume": "Go on with a benchmark that was stopped.",
    "run": "Draw many prompts with models and recipes, and have rewards judge them.",
    "show": "Print the tables of a benchmark, and write its files again.",
}


@click.group(cls=LazyGroup, package="cohp.commands.bench", listed=COMMANDS)
def bench() -> None:
    """Compare models and recipes on many prompts, and rewards on what people chose."""
