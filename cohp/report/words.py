"""How numbers, times and places read, the same in every report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cohp.record.entry import Entry
from cohp.types import Chosen, Score, Shot

MINUTE = 60
HOUR = 3600
TENTHS_BELOW = 10
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Ruler:
    """Writes scores with as many decimals as a run's scores need to be told apart."""

    digits: int = 2

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Ruler:
        """Return the ruler for these entries: some rewards live between 0.2 and 0.3."""
        return cls.holding(each.score.mean for each in entries if each.score)

    @classmethod
    def holding(cls, values: Iterable[float]) -> Ruler:
        """Return the ruler for these means."""
        return cls(2 if max(map(abs, values), default=1.0) >= 1 else 4)

    def number(self, value: float) -> str:
        """Write a score's mean, or a mean of several."""
        return f"{value:.{self.digits}f}"

    def spread(self, score: Score) -> str:
        """Write how unsure the reward is, or nothing where it does not say."""
        return "" if score.std is None else f"± {self.number(score.std)}"

    def score(self, score: Score) -> str:
        """Write a score as its mean and, where it is known, its deviation."""
        return f"{self.number(score.mean)} {self.spread(score)}".rstrip()

    def gain(self, value: float) -> str:
        """Write a difference, its sign always there."""
        return f"{value:+.{self.digits}f}"


def duration(seconds: float) -> str:
    """Write a length of time in the two units that matter."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < TENTHS_BELOW:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"


def count(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(shot: Shot) -> str:
    """Write how large an image is."""
    return f"{shot.width} {TIMES} {shot.height}"


def round_name(number: int) -> str:
    """Name a round; the one that compares the candidates is stage one."""
    return "Stage one" if number == 0 else f"Round {number}"


def place(entry: Entry) -> str:
    """Name an image by where it stands in its run."""
    shot = entry.shot
    owner = f" by {shot.model}" if shot.round == 0 else ""
    return f"{round_name(shot.round)}, image {shot.index + 1}{owner}"


def shortened(text: str, longest: int) -> str:
    """Return text on one line, cut with an ellipsis where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def standing(chosen: Chosen, model: str, ruler: Ruler) -> str:
    """Write how a candidate stood by the rule that chose."""
    value = chosen.standings[model]
    return f"{value:.0%}" if chosen.rule == "probability" else ruler.number(value)


def standings(chosen: Chosen, ruler: Ruler) -> str:
    """Write how all candidates stood, the highest first."""
    ranked = sorted(chosen.standings, key=lambda model: -chosen.standings[model])
    return ", ".join(f"{model} {standing(chosen, model, ruler)}" for model in ranked)
