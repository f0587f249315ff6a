"""How a cluster is shared out: how many workers draw, judge and search, and on what; pure.

A logical CPU of every node stays free: where workers take all, what starts them has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from cohp.errors import BadInput, DoesNotFit
from cohp.placement.room import written

# Shares of a logical CPU: what a worker is counted as, not what it uses. A CPU that is not left
# free takes one worker that draws and, in what is left, the judges and the searches.
DRAWING_CPUS, JUDGING_CPUS, SEARCHING_CPUS = 0.6, 0.1, 0.05
# One search waits for its scores while another draws.
SEARCHES_A_WORKER = 2
# Judging an image takes a fraction of drawing it.
WORKERS_A_JUDGE = 8
# Ray counts GPUs in fractions; finer ones than this only strand what is left of a card.
STEP = 0.05
ASKED = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


@dataclass(frozen=True)
class Node:
    """A node: its logical CPUs, its cards of one kind, and the bytes free on each and beside."""

    cpus: float
    host: int
    gpus: int = 0
    card: str = ""
    free: int = 0


@dataclass(frozen=True)
class Kind:
    """Workers that draw on one kind of card, or on processors: `name` is what Ray calls the card.

    `budget` is what a worker may take of its device, `gpus` the share of a card that stands for it.
    """

    name: str
    least: int
    most: int
    a_node: int
    gpus: float
    budget: int
    host: int

    @property
    def processor(self) -> bool:
        """Whether its workers draw on processors."""
        return self.gpus == 0


@dataclass(frozen=True)
class Sizes:
    """The kinds of workers that draw, and how a judge is placed: on which card, and how much."""

    kinds: tuple[Kind, ...]
    judges: int
    judging: str
    judge_gpus: float
    # Searches at a time.
    searches: int


def limits(asked: str | None, all_of_them: int) -> tuple[int, int]:
    """Read how many workers were asked for, as 4 or 2-16; all that there is room for without."""
    if asked is None:
        return all_of_them, all_of_them
    found = ASKED.fullmatch(asked.strip())
    least, most = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 0 < most >= least:
        raise BadInput(f"workers: {asked!r} is no number of workers; write 4 or 2-16.")
    return least, most


def size(nodes: Sequence[Node], judges: Sequence[int], asked: str | None = None) -> Sizes:
    """Share a cluster out, for rewards that take so many bytes each and stay on a device."""
    cards = [node for node in nodes if node.gpus]
    kinds, judging, share = (
        _on_cards(cards, judges) if cards else (_on_processors(nodes, sum(judges)), "", 0.0)
    )
    least, most = limits(asked, sum(kind.most for kind in kinds))
    kinds = _limited(kinds, least, most)
    wanted = SEARCHES_A_WORKER * most
    return Sizes(kinds, max(1, ceil(most / WORKERS_A_JUDGE)), judging, share, wanted)


def _on_processors(nodes: Sequence[Node], judges: int) -> tuple[Kind, ...]:
    counts = [max(0, floor(node.cpus) - 1) for node in nodes]
    if not sum(counts):
        raise BadInput(
            "The cluster has no logical CPU to spare: one of each node stays free. "
            "Give Ray at least two a node (ray start --num-cpus 2)."
        )
    host = min(node.host for node, count in zip(nodes, counts, strict=True) if count)
    budget = max(0, host - judges) // max(counts)
    return (Kind("", sum(counts), sum(counts), max(counts), 0, budget, budget),)


def _on_cards(nodes: Sequence[Node], judges: Sequence[int]) -> tuple[tuple[Kind, ...], str, float]:
    """Have judges share the cards of the smallest kind that holds them, and models the rest."""
    named = {
        name: [node for node in nodes if node.card == name]
        for name in sorted({n.card for n in nodes})
    }
    free = {name: min(node.free for node in group) for name, group in named.items()}
    largest = max(judges, default=0)
    holding = [name for name in free if free[name] >= sum(judges)] or [
        name for name in free if free[name] >= largest
    ]
    if not holding:
        most = written(max(free.values()))
        raise DoesNotFit(
            f"A reward takes {written(largest)}, and the largest card has {most} free. "
            "Choose a smaller reward (see `cohp rewards`), or add a node with a larger card."
        )
    judging = min(holding, key=free.__getitem__)
    share = ceil(largest / free[judging] / STEP) * STEP if largest else 0.0
    taken = round(share * len(judges), 2)
    kinds = []
    for name, group in named.items():
        count = sum(node.gpus for node in group)
        gpus = 1.0
        if name == judging and taken:
            gpus = round(1 - taken, 2)
        if gpus <= 0:
            # Its judges leave nothing of a card: they have cards of their own.
            count, gpus = count - ceil(taken), 1.0
        if count <= 0:
            continue
        a_node = max(node.gpus for node in group)
        host = min(node.host // node.gpus for node in group)
        kinds.append(Kind(name, count, count, a_node, gpus, int(free[name] * gpus), host))
    if not kinds:
        raise DoesNotFit(
            "The rewards leave no card to draw on. Add a node, or choose a smaller reward."
        )
    return tuple(kinds), judging, round(share, 2)


def _limited(kinds: Sequence[Kind], least: int, most: int) -> tuple[Kind, ...]:
    """Share limits out among kinds as they are there; a limit beyond them is for more to come."""
    there = sum(kind.most for kind in kinds)
    limited = []
    for kind in kinds:
        part = kind.most / there
        limited.append(replace(kind, least=floor(least * part), most=max(1, ceil(most * part))))
    return tuple(limited)


def shares(
    fitting: Mapping[str, Sequence[str]], workers: Mapping[str, int]
) -> dict[str, dict[str, float]]:
    """Return which part of each model's shots goes to which kind of workers.

    A model draws only where it fits; those with the fewest places choose first, and each fills up
    the kinds with the least to do, so that a small card takes what fits it.
    """
    load = dict.fromkeys(workers, 0.0)
    shared: dict[str, dict[str, float]] = {}
    for model in sorted(fitting, key=lambda each: sum(workers[kind] for kind in fitting[each])):
        parts = _levelled({kind: load[kind] for kind in fitting[model]}, workers)
        for kind, part in parts.items():
            load[kind] += part
        shared[model] = {kind: part for kind, part in parts.items() if part > 0}
    return shared


def _levelled(load: Mapping[str, float], workers: Mapping[str, int]) -> dict[str, float]:
    """Pour one model's work over kinds until those it reaches have the same to do a worker."""
    order = sorted(load, key=lambda kind: load[kind] / workers[kind])
    for reached in range(len(order), 0, -1):
        filled = order[:reached]
        level = (1 + sum(load[kind] for kind in filled)) / sum(workers[kind] for kind in filled)
        parts = {kind: level * workers[kind] - load[kind] for kind in filled}
        if min(parts.values()) >= 0:
            return parts
    return {}
