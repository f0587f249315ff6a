"""The rules of choosing: pure functions of scores, with ties going to the earlier image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from math import erf, exp, pi, sqrt
from statistics import fmean

from cohp.types import Preferred, Score, Scored, Shot, Verdict

# A sigmoid is steep beside a large deviation, so a preference needs the finer grid; which
# image is best is asked of many images at once, and is smooth.
FINE_NODES = 1024
NODES = 64


def top(tried: Iterable[Scored]) -> Scored:
    """Return the best-scored shot; of equals, the first."""
    return max(tried, key=lambda each: each.score.mean)


def stands(shot: Shot, preferred: Preferred | None) -> bool:
    """Tell whether an image may still be the best: a person's choice puts all before it behind."""
    return preferred is None or shot.id == preferred.shot or shot.round >= preferred.round


def conclude(model: str, tried: Sequence[Scored], preferred: Preferred | None = None) -> Verdict:
    """Return the verdict on everything that was tried: never worse than any of it that stands."""
    best = top(each for each in tried if stands(each.shot, preferred))
    by_id = {each.shot.id: each for each in tried}
    lineage = [best]
    while lineage[0].shot.parent is not None:
        lineage.insert(0, by_id[lineage[0].shot.parent])
    return Verdict(model, best, tuple(lineage), preferred)


def standings(tried: Sequence[Scored], rule: str) -> Mapping[str, float]:
    """Return how each model stands by `rule`: mean, max, or probability of holding the best."""
    return RULES[rule](tried)


def leader(standing: Mapping[str, float]) -> str:
    """Return the model that stands highest; of equals, the first."""
    return max(standing, key=lambda model: standing[model])


def beats(a: Score, b: Score) -> float:
    """Return the probability that `a` is preferred to `b`, as the rewards' training defines it.

    That is the mean of sigmoid(z) for z ~ N(mean_a - mean_b, std_a^2 + std_b^2).
    """
    gap = a.mean - b.mean
    spread = sqrt((a.std or 0.0) ** 2 + (b.std or 0.0) ** 2)
    if not spread:
        return _sigmoid(gap)
    return sum(weight * _sigmoid(gap + spread * node) for node, weight in _quadrature(FINE_NODES))


def _mean(tried: Sequence[Scored]) -> dict[str, float]:
    return {model: fmean(each.score.mean for each in own) for model, own in _by_model(tried)}


def _max(tried: Sequence[Scored]) -> dict[str, float]:
    return {model: max(each.score.mean for each in own) for model, own in _by_model(tried)}


def _probability(tried: Sequence[Scored]) -> dict[str, float]:
    """Sum, for each model, the probability that each of its images is truly the best one.

    A reward without a deviation is taken at its word: then only the highest score counts.
    """
    scores = [each.score for each in tried]
    chances = [_chance_best(scores, place) for place in range(len(scores))]
    whole = sum(chances)
    return {
        model: sum(
            chance for each, chance in zip(tried, chances, strict=True) if each.shot.model == model
        )
        / whole
        for model, _ in _by_model(tried)
    }


RULES: Mapping[str, Callable[[Sequence[Scored]], Mapping[str, float]]] = {
    "mean": _mean,
    "max": _max,
    "probability": _probability,
}


def _by_model(tried: Sequence[Scored]) -> Iterable[tuple[str, list[Scored]]]:
    models = dict.fromkeys(each.shot.model for each in tried)
    return [(model, [each for each in tried if each.shot.model == model]) for model in models]


def _chance_best(scores: Sequence[Score], place: int) -> float:
    own = scores[place]
    others = [score for number, score in enumerate(scores) if number != place]
    chance = 0.0
    for node, weight in _quadrature(NODES) if own.std else ((0.0, 1.0),):
        value = own.mean + (own.std or 0.0) * node
        for other in others:
            weight *= _below(other, value)  # noqa: PLW2901 - the product is what is summed
        chance += weight
    return chance


def _below(score: Score, value: float) -> float:
    """Return the probability that the true score lies below `value`, an exact tie counting half."""
    gap = value - score.mean
    if score.std:
        return 0.5 * (1 + erf(gap / (score.std * sqrt(2))))
    return 0.5 if gap == 0 else float(gap > 0)


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-value)) if value > -700 else 0.0  # noqa: PLR2004 - exp overflows there


@cache
def _quadrature(count: int) -> tuple[tuple[float, float], ...]:
    """Return nodes and weights that average a function over the standard normal.

    An even grid over +-8 deviations: for smooth functions as exact as Gauss-Hermite, and
    better where a step makes the function rough.
    """
    step = 16 / count
    nodes = [-8 + step * (place + 0.5) for place in range(count)]
    weights = [exp(-node * node / 2) * step / sqrt(2 * pi) for node in nodes]
    return tuple(zip(nodes, weights, strict=True))
