"""How the scores of several rewards become one number: pure, explicit, the same on resume.

A combined score means something only beside others, so it is measured against a fixed set: the
images of the opening. Once they are scored a `Scale` is fitted to them and frozen, and every
image of the run, the opening's included, is read on that scale. Scores of different rounds
compare, the best stays the best, and a resumed run gets the same numbers from the same journal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, isfinite, sqrt
from statistics import fmean, stdev
from typing import Any

from cohp.errors import BadInput, BadRecipe
from cohp.types import Score

RULES = ("zscore", "ranks")
# A spread smaller than this beside the scores themselves is rounding, not a difference.
GRAIN = 1e-9


@dataclass(frozen=True)
class Member:
    """One reward of an ensemble and how much it counts."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Parts(Score):
    """A score with what each member said; its mean is provisional until a `Scale` reads it."""

    members: Mapping[str, Score] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Curve:
    """A rising line through `knots`, going on beyond the first and last with `slope`."""

    knots: tuple[tuple[float, float], ...]
    slope: float

    def __call__(self, x: float) -> float:
        """Return the height at `x`."""
        (first, low), (last, high) = self.knots[0], self.knots[-1]
        if x <= first:
            return low + (x - first) * self.slope
        if x >= last:
            return high + (x - last) * self.slope
        place = bisect_right(self.knots, x, key=lambda knot: knot[0])
        (left, below), (right, above) = self.knots[place - 1], self.knots[place]
        return below + (above - below) * (x - left) / (right - left)


@dataclass(frozen=True)
class Scale:
    """What makes the members comparable: a curve for each, fitted once."""

    rule: str
    members: tuple[Member, ...]
    curves: tuple[Curve, ...]
    # Members whose opening scores were all alike, so that their usual spread stood in.
    flat: tuple[str, ...] = ()

    def combine(self, scores: Mapping[str, Score]) -> Parts:
        """Return the weighted mean of the members on this scale, with its deviation if known."""
        whole = fsum(member.weight for member in self.members)
        mean, variance, sure = [], [], True
        for member, curve in zip(self.members, self.curves, strict=True):
            score, share = scores[member.name], member.weight / whole
            mean.append(share * curve(score.mean))
            if score.std is not None:
                sure = False
                # Half of what one deviation to either side changes: exact on a straight line.
                above, below = curve(score.mean + score.std), curve(score.mean - score.std)
                variance.append((share * (above - below) / 2) ** 2)
        return Parts(fsum(mean), None if sure else sqrt(fsum(variance)), dict(scores))

    def as_json(self) -> dict[str, Any]:
        """Return what the journal keeps."""
        return {
            "rule": self.rule,
            "flat": list(self.flat),
            "members": [
                {
                    "name": member.name,
                    "weight": member.weight,
                    "knots": [list(knot) for knot in curve.knots],
                    "slope": curve.slope,
                }
                for member, curve in zip(self.members, self.curves, strict=True)
            ],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Scale:
        """Read what the journal kept."""
        listed = kept["members"]
        return cls(
            kept["rule"],
            tuple(Member(each["name"], each["weight"]) for each in listed),
            tuple(Curve(tuple((x, y) for x, y in each["knots"]), each["slope"]) for each in listed),
            tuple(kept["flat"]),
        )


def fit(
    members: Sequence[Member],
    opening: Sequence[Mapping[str, Score]],
    rule: str = "zscore",
    spreads: Mapping[str, float] | None = None,
) -> Scale:
    """Fit a scale to the scores of the opening's images, one mapping of members an image.

    `zscore` counts in deviations of the opening. `ranks` counts the share of the opening's
    images that are beaten, ties half, and goes on in a straight line between and beyond them:
    without that every image better than the whole opening would be a tie. `spreads` are the
    members' usual deviations, for a member that gave the whole opening the same score.
    """
    if rule not in RULES:
        raise BadRecipe(f"There is no rule {rule!r} to combine rewards by. Known: zscore, ranks.")
    if not opening:
        raise BadInput("There are no scored images to fit an ensemble's scale to.")
    curves, flat = [], []
    for member in members:
        values = sorted(scores[member.name].mean for scores in opening)
        if not all(isfinite(value) for value in values):
            raise BadInput(f"{member.name} gave a score that is no number: nothing can be fitted.")
        usual = (spreads or {}).get(member.name, 1.0)
        if values[-1] - values[0] <= GRAIN * max(1.0, abs(values[0]), abs(values[-1])) * usual:
            flat.append(member.name)
            middle = 0.0 if rule == "zscore" else 0.5
            curves.append(Curve(((fmean(values), middle),), 1 / usual))
        elif rule == "zscore":
            curves.append(Curve(((fmean(values), 0.0),), 1 / stdev(values)))
        else:
            curves.append(_ranks(values))
    return Scale(rule, tuple(members), tuple(curves), tuple(flat))


def provisional(members: Sequence[Member], spreads: Mapping[str, float]) -> Scale:
    """Return the scale before there is an opening: each member in units of its usual spread."""
    curves = tuple(Curve(((0.0, 0.0),), 1 / spreads.get(each.name, 1.0)) for each in members)
    return Scale("provisional", tuple(members), curves)


def _ranks(values: Sequence[float]) -> Curve:
    count = len(values)
    knots: list[tuple[float, float]] = []
    place = 0
    while place < count:
        alike = bisect_right(values, values[place])
        knots.append((values[place], (place + alike) / (2 * count)))
        place = alike
    (first, low), (last, high) = knots[0], knots[-1]
    return Curve(tuple(knots), (high - low) / (last - first))
