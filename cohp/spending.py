"""How a search spends its budget, and when another round is not worth drawing: pure rules.

What is spent in images or evaluations follows from the shots, so that a replay spends the same;
that the time was up, or that more would not help, is an event of the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erf, sqrt
from statistics import fmean, pstdev

from cohp.budget import Budget
from cohp.errors import BadRecipe
from cohp.pipelines.evaluations import evaluations
from cohp.recipe import Recipe
from cohp.search.base import opening
from cohp.types import Ask, Scored, Shot

# Rounds at most, where a budget and not their number ends them.
MOST_ROUNDS = 64
# Rounds that are looked back on.
LOOK_BACK = 3
# A gain that counts, as a share of what the reward itself is unsure by, or of the opening's spread.
COUNTS = 0.1
# Another round is drawn while its chance to gain that much is at least this.
LEAST_CHANCE = 0.15


@dataclass(frozen=True)
class Stopped:
    """From which round on nothing more is drawn, and why."""

    round: int
    reason: str


def fitted(recipe: Recipe, *, rounds: bool) -> Recipe:
    """Let a recipe use its budget: its rounds may go on, stage one takes half of it at most.

    `rounds` says that their number was asked for. Best of N has nothing but stage one.
    """
    budget = recipe.allowance
    if budget is None:
        return recipe
    if not rounds:
        recipe = recipe.model_copy(update={"rounds": MOST_ROUNDS})
    if budget.unit == "seconds":
        return recipe
    each = _spent(budget, opening(recipe.model_copy(update={"per_model": 1})).shots)
    if each > budget.amount:
        raise BadRecipe(f"budget: one image of each candidate takes {each:g}, more than {budget}")
    if recipe.search == "best-of-n":
        return recipe.model_copy(update={"per_model": int(budget.amount // each)})
    half = max(1, int(budget.amount / 2 // each))
    return recipe.model_copy(update={"per_model": min(recipe.per_model, half)})


class Spending:
    """What one run has spent; asked about each ask in turn."""

    def __init__(self, recipe: Recipe, stopped: Stopped | None = None) -> None:
        self._budget = recipe.allowance
        self._spent = 0.0
        self._stopped = stopped

    def allow(self, ask: Ask) -> Ask:
        """Return as much of an ask as the budget has room for; stage one is drawn in any case."""
        if self._budget is None:
            return ask
        if self._stopped and ask.round >= self._stopped.round:
            return replace(ask, shots=())
        kept: list[Shot] = []
        for shot in ask.shots:
            cost = _spent(self._budget, [shot])
            if ask.round and self._spent + cost > self._budget.amount:
                break
            self._spent += cost
            kept.append(shot)
        return replace(ask, shots=tuple(kept))

    def stop(self, stopped: Stopped) -> None:
        """Allow nothing from a round on."""
        self._stopped = self._stopped or stopped


def unlikely(tried: Sequence[Scored]) -> str | None:
    """Say why another round is unlikely to help, or None while it may.

    None of the last rounds gained what the reward can tell apart, and how far their images lay
    from the best of before says how the next ones will.
    """
    last = max(each.shot.round for each in tried)
    if last < LOOK_BACK:
        return None
    stds = [each.score.std for each in tried if each.score.std]
    opened = [each.score.mean for each in tried if each.shot.round == 0]
    least = COUNTS * (fmean(stds) if stds else pstdev(opened))
    away: list[float] = []
    for number in range(last - LOOK_BACK + 1, last + 1):
        before = max(each.score.mean for each in tried if each.shot.round < number)
        away += [each.score.mean - before for each in tried if each.shot.round == number]
    size = sum(1 for each in tried if each.shot.round == last)
    if not away or max(away) >= least:
        return None
    chance = 1 - _below(least, fmean(away), pstdev(away)) ** size
    if chance >= LEAST_CHANCE:
        return None
    return (
        f"the last {LOOK_BACK} rounds gained less than {least:.3g}, and the chance that another "
        f"one gains that much is {chance:.0%}"
    )


def _spent(budget: Budget, shots: Sequence[Shot]) -> float:
    if budget.unit == "seconds":
        return 0.0
    if budget.unit == "images":
        return float(len(shots))
    counts = [evaluations(shot) for shot in shots]
    if None in counts:
        name = shots[counts.index(None)].model
        raise BadRecipe(f"budget: the steps of {name} are not known before it loads; give --steps")
    return float(sum(count or 0 for count in counts))


def _below(value: float, mean: float, spread: float) -> float:
    """Return the chance that a normal variable lies below `value`."""
    if not spread:
        return float(value > mean)
    return 0.5 * (1 + erf((value - mean) / (spread * sqrt(2))))
