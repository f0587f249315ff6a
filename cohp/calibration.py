"""From two scores to the chance that people prefer the first, as a person's own pairs taught it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.errors import BadInput
from cohp.reward.combine import Curve
from cohp.select import beats
from cohp.types import Score

SCHEMA = 1


# From the scores of two images to the chance that people prefer the first.
Chance = Callable[[Score, Score], float]


@dataclass(frozen=True)
class Temperature:
    """The reward's own rule with its scores divided by one number."""

    temperature: float

    def __call__(self, a: Score, b: Score) -> float:
        """Return the chance that `a` is preferred."""
        return beats(self._cooled(a), self._cooled(b))

    def _cooled(self, score: Score) -> Score:
        std = None if score.std is None else score.std / self.temperature
        return Score(score.mean / self.temperature, std)


@dataclass(frozen=True)
class Isotonic:
    """A rising line from the difference of the means to the chance, whatever the deviations."""

    knots: tuple[tuple[float, float], ...]

    def __call__(self, a: Score, b: Score) -> float:
        """Return the chance that `a` is preferred, so that both orders sum to one."""
        curve, gap = Curve(self.knots, slope=0.0), a.mean - b.mean
        return (curve(gap) + 1 - curve(-gap)) / 2


@dataclass(frozen=True)
class Calibration:
    """A chance that was fitted for one reward, and what to."""

    reward: str
    revision: str
    pairs: int
    chance: Temperature | Isotonic

    def of(self, reward: str) -> Temperature | Isotonic:
        """Return its chance; raises `BadInput` unless it was fitted for this reward."""
        if reward != self.reward:
            raise BadInput(
                f"This calibration was fitted for {self.reward}, not for {reward}. "
                "Fit one with cohp bench calibrate."
            )
        return self.chance

    def to_json(self) -> dict[str, Any]:
        """Return what its file holds."""
        chance: dict[str, Any] = (
            {"temperature": self.chance.temperature}
            if isinstance(self.chance, Temperature)
            else {"knots": [list(knot) for knot in self.chance.knots]}
        )
        told = {"reward": self.reward, "revision": self.revision, "pairs": self.pairs}
        return {"cohp_calibration": SCHEMA, **told, **chance}


def load(path: Path) -> Calibration:
    """Read a calibration that `cohp bench calibrate` wrote."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["cohp_calibration"] != SCHEMA:
            raise BadInput(f"{path} was written by another version of CoHP: fit it again.")
        return Calibration(kept["reward"], kept["revision"], kept["pairs"], _chance(kept))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{path} is no calibration. Write one with cohp bench calibrate.") from error


def _chance(kept: Mapping[str, Any]) -> Temperature | Isotonic:
    if "temperature" in kept:
        temperature = float(kept["temperature"])
        if not temperature > 0:
            raise ValueError(temperature)
        return Temperature(temperature)
    knots = tuple((float(x), float(y)) for x, y in kept["knots"])
    if not knots or list(knots) != sorted(knots):
        raise ValueError(knots)
    return Isotonic(knots)
