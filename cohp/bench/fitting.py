"""Fits what a calibration holds to a person's own pairs, and says honestly how much it helps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohp.bench.accuracy import Calibrated, calibrated
from cohp.bench.outcomes import Outcome
from cohp.calibration import Chance, Isotonic, Temperature
from cohp.errors import BadInput, MissingExtra

FOLDS = 5
LEAST_PAIRS = 20
# Natural logarithms of the temperatures looked among.
COLDEST, WARMEST = -7.0, 7.0
GOLDEN = (sqrt(5) - 1) / 2
STEPS = 40
# An even grid over the standard normal, as `select.beats` has it but coarser.
NODES = np.linspace(-6, 6, 61)
WEIGHTS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()

# Nothing has no logarithm.
TINY = 1e-300

Numbers = NDArray[np.float64]
Fit = Callable[[Sequence[Outcome]], Temperature | Isotonic]


@dataclass(frozen=True)
class Fitted:
    """A chance fitted to all pairs, and how chances did on pairs that they were not fitted to."""

    chance: Temperature | Isotonic
    before: Calibrated
    after: Calibrated


def fit(outcomes: Sequence[Outcome], method: str, usual: Chance) -> Fitted:
    """Fit by `method`, and compare it with the `usual` chance on pairs it was not fitted to.

    Each fifth of the prompts is left out in turn, and the chance fitted to the other four.
    """
    decided = [each for each in outcomes if not each.tied]
    if len(decided) < LEAST_PAIRS:
        raise BadInput(
            f"A calibration needs {LEAST_PAIRS} pairs or more to be fitted to; {len(decided)} of "
            "these can be used."
        )
    how = METHODS[method]
    folds = [_fold(each.prompt) for each in decided]
    after: list[float] = []
    for number in sorted(set(folds)):
        learnt = [each for each, fold in zip(decided, folds, strict=True) if fold != number]
        # Of one prompt alone there is nothing to hold out from.
        chance = how(learnt or decided)
        after += [
            chance(*each.scores)
            for each, fold in zip(decided, folds, strict=True)
            if fold == number
        ]
    before = [usual(*each.scores) for each in decided]
    return Fitted(how(decided), calibrated(before), calibrated(after))


def _fold(prompt: str) -> int:
    return hashlib.sha256(prompt.encode()).digest()[0] % FOLDS


def temperature(outcomes: Sequence[Outcome]) -> Temperature:
    """Find the temperature with the least log loss by golden sections."""
    gaps = np.array([each.gap for each in outcomes])
    spreads = np.array([_spread(each) for each in outcomes])
    scale = float(np.abs(gaps).mean()) or 1.0
    low, high = COLDEST, WARMEST
    for _ in range(STEPS):
        inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if _loss(gaps, spreads, scale * exp(inner)) < _loss(gaps, spreads, scale * exp(outer)):
            high = outer
        else:
            low = inner
    return Temperature(round(scale * exp((low + high) / 2), 6))


def _spread(each: Outcome) -> float:
    return sqrt(sum((score.std or 0.0) ** 2 for score in each.scores))


def _loss(gaps: Numbers, spreads: Numbers, warmth: float) -> float:
    """Return the mean log loss, where pairs count as a little less than certain.

    That is Platt's prior: without it, pairs that are all in order would ask for no warmth at all.
    """
    sure = not spreads.any()
    nodes, weights = (np.zeros(1), np.ones(1)) if sure else (NODES, WEIGHTS)
    values = (gaps[:, None] + spreads[:, None] * nodes) / warmth
    right, wrong = (np.exp(-np.logaddexp(0.0, sign * values)) @ weights for sign in (-1, 1))
    doubt = 1 / (len(gaps) + 2)
    losses = (1 - doubt) * np.log(np.maximum(right, TINY)) + doubt * np.log(np.maximum(wrong, TINY))
    return float(-losses.mean())


def isotonic(outcomes: Sequence[Outcome]) -> Isotonic:
    """Fit a rising line from the difference of the means to the share of agreement."""
    try:
        from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra("An isotonic calibration", "calibration") from error
    gaps = np.array([each.gap for each in outcomes])
    # Both orders of each pair, so that the line is the same from either side.
    both = np.concatenate([gaps, -gaps])
    liked = np.concatenate([np.ones_like(gaps), np.zeros_like(gaps)])
    edge = 1 / (len(gaps) + 2)
    line: Any = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    line.fit(both, liked)
    knots = zip(line.X_thresholds_.tolist(), line.y_thresholds_.tolist(), strict=True)
    return Isotonic(tuple((x, y) for x, y in knots))


METHODS: dict[str, Fit] = {"temperature": temperature, "isotonic": isotonic}
