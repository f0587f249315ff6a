"""What `accuracy` and `calibrate` share: a file of pairs, scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from cohp.bench.faults import Fault
from cohp.bench.outcomes import Outcome, judged
from cohp.bench.pair_files import choices
from cohp.calibration import Chance
from cohp.commands.measuring import no_cache_option, nobody_named, progress, reward_option
from cohp.commands.stopping import stop_after_batch
from cohp.errors import BadInput, Stopped
from cohp.measure.panel import Panel
from cohp.measure.preference import preference_of
from cohp.measure.score_cache import ScoreCache

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
MOST_SAID = 20

OPTIONS = (
    click.argument("pairs", type=click.Path(path_type=Path)),
    reward_option,
    click.option(
        "--images",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="FOLDER",
        help="Where the images are.  [default: the folder of PAIRS]",
    ),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N items."),
    no_cache_option,
)


def pair_options(command: Decorated) -> Decorated:
    """Give a command the options that say which pairs are judged, and by whom."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@dataclass
class Agreement:
    """The pairs by judge, what is known of the judges, and what could not be used."""

    outcomes: dict[str, list[Outcome]]
    chances: Mapping[str, Chance]
    revisions: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)


def agree(
    *,
    pairs: Path,
    rewards: Sequence[str],
    images: Path | None,
    limit: int | None,
    no_cache: bool,
    quiet: bool = False,
) -> Agreement:
    """Score the images of a file of pairs; a stop keeps what was scored in the cache."""
    # Read now, so that a file of another kind is said before anything is loaded.
    found = islice(choices(pairs, images), limit)
    first = next(found, None)
    if first is None:
        raise BadInput(f"{pairs} is empty.")
    console = None if quiet else Console(stderr=True)
    with ExitStack() as held:
        panel = held.enter_context(Panel.load(rewards or [nobody_named()]))
        cache = None if no_cache else held.enter_context(closing(ScoreCache()))
        stop = held.enter_context(stop_after_batch())
        chances = {name: preference_of(judge) for name, judge in panel.judges.items()}
        agreement = Agreement({name: [] for name in chances}, chances, panel.revisions)
        step = held.enter_context(progress(None, console))
        for each in judged(chain([first], found), panel, cache, stop):
            step()
            if isinstance(each, Fault):
                agreement.faults.append(each)
            else:
                agreement.outcomes[each[0]].append(each[1])
        if stop.is_set():
            raise Stopped("Stopped. The same command goes on: what was scored is kept.")
    if cache is not None and cache.trouble:
        click.echo(cache.trouble, err=True)
    # An image that no judge can read is one fault.
    agreement.faults[:] = dict.fromkeys(agreement.faults)
    _say(agreement.faults)
    for name, several in agreement.outcomes.items():
        if all(each.tied for each in several):
            raise BadInput(f"{pairs} has no pair that {name} could be measured by.")
    return agreement


def _say(faults: Sequence[Fault]) -> None:
    for fault in faults[:MOST_SAID]:
        click.echo(str(fault), err=True)
    if len(faults) > MOST_SAID:
        click.echo(f"and {len(faults) - MOST_SAID} more", err=True)
