"""The options that make a recipe, and how what was typed becomes its values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from cohp.catalogue import catalogue
from cohp.options import option_names
from cohp.recipes import named
from cohp.reward.loading import names as rewards
from cohp.spelling import listed

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Size(click.ParamType[tuple[int, int]]):
    """Pixels, as 512 or 768x512."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read a width and a height."""
        sides = re.fullmatch(r"(\d{1,6})(?:[xX](\d{1,6}))?", str(value))
        if not sides:
            self.fail(f"{value!r} is no size; write 512 or 768x512.", param, ctx)
        return int(sides[1]), int(sides[2] or sides[1])


class Strengths(click.ParamType[list[float]]):
    """One strength a round, as 0.8,0.6,0.4."""

    name = "strengths"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[float]:
        """Read numbers between commas."""
        try:
            return [float(part) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"{value!r} is no list of numbers; write 0.8,0.6,0.4.", param, ctx)


class Listed(click.ParamType[list[str]]):
    """Names between commas."""

    name = "names"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,  # noqa: ARG002 - as click has it
        ctx: click.Context | None,  # noqa: ARG002 - likewise
    ) -> list[str]:
        """Read the names."""
        return [name.strip() for name in str(value).split(",") if name.strip()]


def _model_names(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    before, comma, last = typed.rpartition(",")
    model, colon, asked = last.rpartition(":")
    entry = catalogue().get(model.partition(":")[0])
    if colon and entry:
        names = [f"{model}:{name}=" for name in option_names(entry) if name.startswith(asked)]
    else:
        names = [name for name in catalogue() if name.startswith(last)]
    return [before + comma + name for name in names]


def reward_names(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    """Complete the name of a reward."""
    return [name for name in rewards() if name.startswith(typed)]


def _recipe_names(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    return [name for name in named() if name.startswith(typed)]


PLACE_OPTIONS = (
    click.option(
        "--memory",
        metavar="SIZE",
        help="How much of each device may be used, such as 24GB.  [default: what is free]",
    ),
    click.option(
        "--devices",
        type=Listed(),
        metavar="NAME,...",
        help="Where to work; of several the last one judges.  [default: the first GPU]",
    ),
)

RECIPE_OPTIONS = (
    click.option(
        "--models",
        multiple=True,
        metavar="NAME,...",
        help="The candidates, in one list or several; NAME:OPTION=VALUE asks more of one.",
        shell_complete=_model_names,
    ),
    click.option("--per-model", type=int, help="Images each candidate draws in stage one."),
    click.option("--rounds", type=int, help="Rounds of refining."),
    click.option("--batch", type=int, help="Images a round."),
    click.option("--seed", type=int, help="Makes the run repeatable.  [default: a fresh one]"),
    click.option("--size", type=Size(), metavar="N|WxH", help="Pixels, multiples of 8."),
    click.option("--negative", metavar="TEXT", help="What the image should not show."),
    click.option("--steps", type=int, help="Denoising steps, for every candidate."),
    click.option("--guidance", type=float, help="Guidance scale, for every candidate."),
    click.option(
        "--reward",
        metavar="NAME",
        help="Who judges; see `cohp rewards`.",
        shell_complete=reward_names,
    ),
    click.option(
        "--combine", type=click.Choice(["zscore", "ranks"]), help="How an ensemble adds up."
    ),
    click.option(
        "--referee",
        metavar="NAME",
        help="A second reward that is reported and never followed.",
        shell_complete=reward_names,
    ),
    click.option(
        "--safety",
        is_flag=True,
        default=None,
        help="Withhold images the safety filter finds unsafe.",
    ),
    click.option("--search", metavar="NAME", help="The strategy: cohp, halving or best-of-n."),
    click.option(
        "--pick", type=click.Choice(["mean", "max", "probability"]), help="How the model is chosen."
    ),
    click.option(
        "--carry", type=click.Choice(["winner", "best"]), help="What a round starts from."
    ),
    click.option(
        "--opening", type=click.Choice(["refine", "fresh"]), help="How the first round is drawn."
    ),
    click.option(
        "--draft",
        type=float,
        help="Share of its steps a candidate draws stage one with, in (0, 1].",
    ),
    click.option(
        "--budget",
        metavar="60s|200nfe|20images",
        help="What one prompt's search may spend; it ends early where more is unlikely to help.",
    ),
    click.option(
        "--strengths", type=Strengths(), metavar="S,...", help="Strength a round, in (0, 1]."
    ),
    *PLACE_OPTIONS,
    click.option(
        "--recipe",
        metavar="NAME|FILE",
        help="A named recipe or a TOML file.",
        shell_complete=_recipe_names,
    ),
)


def recipe_options(command: Decorated) -> Decorated:
    """Give a command every option that makes a recipe."""
    for option in reversed(RECIPE_OPTIONS):
        command = option(command)
    return command


def place_options(command: Decorated) -> Decorated:
    """Give a command that has its recipe the options that say where it works."""
    for option in reversed(PLACE_OPTIONS):
        command = option(command)
    return command


def recipe_values(given: dict[str, Any]) -> dict[str, Any]:
    """Turn what was typed into the values of a recipe; what was not typed is None."""
    values = dict(given)
    values["models"] = [name for typed in values.pop("models") for name in listed(typed)] or None
    values["width"], values["height"] = values.pop("size") or (None, None)
    return values
