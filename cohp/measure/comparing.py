"""Which of two images is preferred, how likely, and how much of that is the reward's doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cohp.errors import BadImage, BadInput
from cohp.measure.items import Judged
from cohp.measure.panel import Judge
from cohp.measure.preference import Preference, preference_of, strangers, sure
from cohp.report.words import Ruler
from cohp.types import Score

EVEN = 0.5


@dataclass(frozen=True)
class Comparison:
    """What one judge says of two images of one prompt.

    `probability` is that `a` is preferred; `certain` what it would be if the reward had no doubt
    of its scores. `strangers` are rewards that were not trained to mean a probability.
    """

    reward: str
    a: Score
    b: Score
    probability: float
    certain: float
    strangers: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """Return a flat row, as files and data frames take it."""
        return {
            "reward": self.reward,
            "probability": self.probability,
            "certain": self.certain,
            "mean_a": self.a.mean,
            "std_a": self.a.std,
            "mean_b": self.b.mean,
            "std_b": self.b.std,
        }

    @property
    def sentence(self) -> str:
        """Say it in words, the part of the deviation explained."""
        return " ".join(filter(None, (self._verdict(), self._doubt(), self._caution())))

    def _verdict(self) -> str:
        ruler = Ruler(2 if max(abs(self.a.mean), abs(self.b.mean)) >= 1 else 4)
        scores = f"{ruler.score(self.a)} against {ruler.score(self.b)}"
        if self.probability == EVEN:
            return f"{self.reward} prefers neither ({scores})."
        first = self.probability > EVEN
        chance = self.probability if first else 1 - self.probability
        return f"{self.reward} prefers {'A' if first else 'B'} by {chance:.1%} ({scores})."

    def _doubt(self) -> str:
        if self.a.std is None and self.b.std is None:
            return "It states no deviation, so nothing is taken off for doubt."
        certain = max(self.certain, 1 - self.certain)
        taken = certain - max(self.probability, 1 - self.probability)
        return (
            f"Were it sure of both scores that would be {certain:.1%}: its deviation takes "
            f"{taken * 100:.1f} points."
        )

    def _caution(self) -> str:
        if not self.strangers:
            return ""
        return (
            f"Differences of {' and '.join(self.strangers)} are read as log-odds, which they were "
            "not trained to be."
        )


def compare(a: Judged, b: Judged, judge: Judge, preference: Preference | None = None) -> Comparison:
    """Compare what a judge said of two images; raise `BadImage` where it said nothing of one."""
    if a.prompt != b.prompt:
        raise BadInput(
            f"The images are of different prompts ({a.prompt[:60]!r} and {b.prompt[:60]!r}), whose "
            "scores do not compare. Name one for both."
        )
    first, second = (_score(each, judge) for each in (a, b))
    chance = preference or preference_of(judge)
    return Comparison(
        judge.name,
        first,
        second,
        chance(first, second),
        chance(sure(first), sure(second)),
        () if preference else tuple(strangers(judge)),
    )


def _score(judged: Judged, judge: Judge) -> Score:
    said = judged.said[judge.name]
    if isinstance(said, str):
        raise BadImage(said)
    return said
