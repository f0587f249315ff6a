"""Whether a referee still agrees: a reward that rises while the referee falls is being gamed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from cohp.record.entry import Entry


class SecondOpinion:
    """Compares each round with the same model's first images, by the means of both judges."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[float, float]] = {}

    def hear(self, answered: Sequence[Entry]) -> str | None:
        """Take a round in, and return a warning where the two judges part ways."""
        for model in dict.fromkeys(entry.shot.model for entry in answered):
            own = [entry for entry in answered if entry.shot.model == model and entry.score]
            heard = [entry.referee.mean for entry in own if entry.referee]
            if not heard:
                continue
            now = (fmean(entry.mean for entry in own), fmean(heard))
            before = self._first.setdefault(model, now)
            if now[0] > before[0] and now[1] < before[1]:
                return (
                    f"The referee fell from {before[1]:.3g} to {now[1]:.3g} since stage one while "
                    f"the reward rose from {before[0]:.3g} to {now[0]:.3g}: look at the images, "
                    "the reward may be pleased by something people are not."
                )
        return None
