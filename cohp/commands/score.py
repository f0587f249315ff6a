"""`cohp score`: what rewards say of images that exist already."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from cohp.errors import SomeUnscored
from cohp.rerank import Judged, judge
from cohp.reward.loading import load


@click.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--prompt", required=True, help="What the images should show; may be empty.")
@click.option(
    "--reward",
    "rewards",
    multiple=True,
    required=True,
    metavar="NAME[=FOLDER]",
    help="Who judges, with a folder of its weights if they are not in the cache; more than one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each image.")
def score(
    images: tuple[Path, ...], prompt: str, rewards: tuple[str, ...], *, as_json: bool
) -> None:
    """Score IMAGES for a prompt; a bad image is said to be so, and the rest are scored."""
    failed = 0
    with ExitStack() as held:
        loaded = {}
        for reward in dict.fromkeys(rewards):
            loaded[reward] = load(reward)
            held.callback(loaded[reward].close)
        for judged in judge(images, prompt, loaded):
            failed += judged.error is not None
            click.echo(json.dumps(as_object(judged)) if as_json else as_line(judged))
    if failed:
        raise SomeUnscored(f"{failed} of {len(images) * len(loaded)} scores could not be given.")


def as_object(judged: Judged) -> dict[str, Any]:
    """Return what `--json` prints of one image."""
    told = {
        "image": str(judged.image),
        "prompt": judged.prompt,
        "reward": judged.reward.partition("=")[0],
    }
    if judged.score is None:
        return {**told, "error": judged.error}
    return {**told, "mean": judged.score.mean, "std": judged.score.std}


def as_line(judged: Judged) -> str:
    """Return what a person reads of one image."""
    if judged.score is None:
        return f"{'-':>10}  {judged.image}  {judged.error}"
    deviation = "" if judged.score.std is None else f" +- {judged.score.std:.4f}"
    return f"{judged.score.mean:>10.4f}{deviation}  {judged.image}  {judged.reward}"
