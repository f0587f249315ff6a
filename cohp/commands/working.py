"""What `generate` and `resume` share: the view while a run works, and what is said at its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console

from cohp.commands.stopping import stop_after_batch
from cohp.engine import Engine
from cohp.report.live import view
from cohp.result import Result


def view_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of what it prints."""
    quiet = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object only.")
    return as_json(quiet(command))


def work(begin: Callable[..., Result], *, as_json: bool, quiet: bool) -> None:
    """Call `begin(engine, on_event=..., stop=...)` and show the run as it goes."""
    seeing = view(Console(), quiet=quiet or as_json)
    with Engine() as engine, stop_after_batch() as stop, seeing:
        result = begin(engine, on_event=seeing, stop=stop)
    if as_json:
        click.echo(json.dumps(outcome(result)))


def outcome(result: Result) -> dict[str, Any]:
    """Return what `--json` prints of a finished run."""
    return {
        "run": str(result.run),
        "image": str(result.path),
        "model": result.model,
        "score": asdict(result.score),
        "shots": result.shots,
        "seed": result.seed,
    }
