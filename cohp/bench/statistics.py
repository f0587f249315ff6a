"""Means, deviations and confidence intervals: pure, and the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, pstdev, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
LEVEL = 0.95
# Drawn so many numbers at a time, so that many prompts need no more memory than few.
CHUNK = 1 << 22

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """Where a value lies with 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """What a number of scores amount to; one score alone has no deviation and no interval."""

    count: int
    mean: float
    deviation: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True)
class Sample:
    """The scores of one category, in the order of its prompts."""

    values: tuple[float, ...]

    @cached_property
    def resampled(self) -> Numbers:
        """The means of samples of the same size drawn from it, by which the mean is judged."""
        return resampled_ratio(self.values, [1.0] * len(self.values))

    def summary(self, group: int | None = None) -> Summary:
        """Return what it amounts to; the deviation may be that of the means of groups."""
        values = self.values
        spread = stdev(values) if len(values) > 1 else None
        if group is not None:
            means = [fmean(values[at : at + group]) for at in range(0, len(values), group)]
            spread = pstdev(means)
        interval = between(self.resampled) if len(values) > 1 else None
        return Summary(len(values), fmean(values), spread, interval)


def overall(samples: Mapping[str, Sample], *, by_category: bool, group: int | None) -> Summary:
    """Return what all categories amount to together: each counting the same, or each prompt."""
    pooled = Sample(tuple(value for each in samples.values() for value in each.values))
    if not by_category:
        return pooled.summary(group)
    means = [fmean(each.values) for each in samples.values()]
    drawn = np.mean([each.resampled for each in samples.values()], axis=0)
    interval = between(drawn) if len(pooled.values) > 1 else None
    return Summary(
        len(pooled.values), fmean(means), stdev(means) if len(means) > 1 else None, interval
    )


def resampled_ratio(above: Sequence[float], below: Sequence[float]) -> Numbers:
    """Return sums of `above` over sums of `below` in samples drawn from the pairs of both.

    With ones below it is the mean; with a prompt's right answers above and its pairs below it
    is an accuracy that knows that pairs of one prompt belong together.
    """
    upper, lower = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    count = len(upper)
    # Each sample its own, or categories of one size would be drawn from in step.
    digest = hashlib.sha256(upper.tobytes() + lower.tobytes()).digest()
    rng = np.random.default_rng(list(digest[:8]))
    parts: list[Any] = []
    at_once = max(1, CHUNK // count)
    for start in range(0, RESAMPLES, at_once):
        picked = rng.integers(count, size=(min(at_once, RESAMPLES - start), count))
        parts.append(upper[picked].sum(axis=1) / lower[picked].sum(axis=1))
    return np.concatenate(parts)


def between(drawn: Numbers) -> Interval:
    """Return the interval that holds all but the outermost of the drawn values."""
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
