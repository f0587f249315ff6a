"""How well a judge agrees with people: the counts, the published ways to add them, calibration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean

from cohp.bench.outcomes import Outcome
from cohp.bench.statistics import LEVEL, Interval, between, resampled_ratio
from cohp.calibration import Chance

BINS = 10
# A chance of nothing costs this, and not all there is.
LEAST = 1e-9


@dataclass(frozen=True)
class Bin:
    """Pairs that are alike in something: from where to where, how many, and how often right."""

    low: float
    high: float
    count: int
    # The mean of what they are alike in.
    middle: float
    right: float


@dataclass(frozen=True)
class Calibrated:
    """How well the stated chances are met; `error` is the expected calibration error."""

    bins: tuple[Bin, ...]
    error: float
    log_loss: float


@dataclass(frozen=True)
class Accuracy:
    """What a judge's agreement with people comes to.

    `accuracy` counts pairs people did not have tied, as HPSv3 and ImageReward do: equal scores are
    no agreement. `with_ties` is Pick-a-Pic's way: a tie on one side alone is half right.
    `by_choice` is HPSv2's: the share of pairs of a choice that are not contradicted, averaged.
    """

    pairs: int
    tied: int
    equal: int
    accuracy: float
    interval: Interval
    with_ties: float | None
    by_choice: float | None
    calibrated: Calibrated
    confidence: tuple[Bin, ...]
    unsure: Bin | None


def measure(outcomes: Sequence[Outcome], chance: Chance, margin: float = 0.0) -> Accuracy:
    """Add up the outcomes of one judge, at least one of which is no tie.

    A difference between the two chances within `margin` is the judge's own tie.
    """
    decided = [each for each in outcomes if not each.tied]
    chances = [chance(*each.scores) for each in decided]
    known = [each for each in decided if each.confidence is not None]
    unknown = [each for each in decided if each.confidence is None]
    return Accuracy(
        pairs=len(decided),
        tied=len(outcomes) - len(decided),
        equal=sum(each.gap == 0 for each in decided),
        accuracy=fmean(each.gap > 0 for each in decided),
        interval=_interval(decided),
        with_ties=_with_ties(outcomes, chance, margin) if len(decided) < len(outcomes) else None,
        by_choice=_by_choice(outcomes) if any(each.images > 2 for each in outcomes) else None,  # noqa: PLR2004
        calibrated=calibrated(chances),
        confidence=binned([(each.confidence or 0.0, each.right) for each in known], 0.0),
        unsure=_bin(0.0, 1.0, [(0.0, each.right) for each in unknown])
        if known and unknown
        else None,
    )


def calibrated(chances: Sequence[float]) -> Calibrated:
    """Compare the chances given to what people prefer with how often they prefer it."""
    # The judge's side is taken: a chance below a half is one above it for the other image.
    told = [(max(each, 1 - each), 0.5 if each == 0.5 else float(each > 0.5)) for each in chances]  # noqa: PLR2004
    bins = binned(told, 0.5)
    error = sum(each.count * abs(each.middle - each.right) for each in bins) / len(told)
    return Calibrated(bins, error, fmean(-log(max(LEAST, chance)) for chance in chances))


def binned(told: Iterable[tuple[float, float]], low: float) -> tuple[Bin, ...]:
    """Sort pairs of a value between `low` and 1 and whether it was right into bins."""
    width = (1 - low) / BINS
    sorted_in: list[list[tuple[float, float]]] = [[] for _ in range(BINS)]
    for value, right in told:
        # A value that stands on an edge, but for rounding, belongs above it.
        place = int((value - low) / width + 1e-9)
        sorted_in[min(BINS - 1, max(0, place))].append((value, right))
    return tuple(
        _bin(low + width * place, low + width * (place + 1), each)
        for place, each in enumerate(sorted_in)
        if each
    )


def _bin(low: float, high: float, told: Sequence[tuple[float, float]]) -> Bin:
    middle, right = (fmean(column) for column in zip(*told, strict=True))
    return Bin(low, high, len(told), middle, right)


def _interval(decided: Sequence[Outcome]) -> Interval:
    """Return the interval of the accuracy; pairs of one prompt are drawn together."""
    right: dict[str, float] = {}
    count: dict[str, float] = {}
    for each in decided:
        right[each.prompt] = right.get(each.prompt, 0.0) + (each.gap > 0)
        count[each.prompt] = count.get(each.prompt, 0.0) + 1
    if sum(right.values()) in {0, len(decided)}:
        # Samples of what never differs tell nothing; the exact bound for so many prompts does.
        bound = ((1 - LEVEL) / 2) ** (1 / len(right))
        return Interval(bound, 1.0) if right[decided[0].prompt] else Interval(0.0, 1 - bound)
    return between(resampled_ratio(list(right.values()), list(count.values())))


def _with_ties(outcomes: Sequence[Outcome], chance: Chance, margin: float) -> float:
    def score(each: Outcome) -> float:
        equal = abs(2 * chance(*each.scores) - 1) <= margin
        if each.tied or equal:
            return 1.0 if each.tied and equal else 0.5
        return float(each.gap > 0)

    return fmean(map(score, outcomes))


def _by_choice(outcomes: Sequence[Outcome]) -> float:
    kept: dict[str, list[float]] = {}
    for each in outcomes:
        contradicted = not each.tied and each.gap < 0
        kept.setdefault(each.choice, []).append(float(not contradicted))
    return fmean(map(fmean, kept.values()))
