"""Scoring a batch so that one image that cannot be scored costs no other its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cohp.pipelines.safety import SafetyFilter
from cohp.reward.asking import ask
from cohp.reward.base import Reward
from cohp.reward.refusal import refusal
from cohp.types import Answer, Drawn, Score, Scored, Unscored


@dataclass(frozen=True)
class Judges:
    """The reward whose scores count, a referee that is only reported, and a safety filter."""

    reward: Reward
    referee: Reward | None = None
    safety: SafetyFilter | None = None

    def answers(self, drawn: Sequence[Drawn | Unscored]) -> list[Answer]:
        """Score what was drawn, as one batch, keeping each answer at its shot's place."""
        sifted = self.safety.sift(drawn) if self.safety else drawn
        checked = [each if isinstance(each, Unscored) else _refused(each) for each in sifted]
        sound = [each for each in checked if isinstance(each, Drawn)]
        scores = iter(_score(self.reward, sound))
        second = iter(_score(self.referee, sound) if self.referee else [None] * len(sound))
        return [
            _answer(each, next(scores), next(second)) if isinstance(each, Drawn) else each
            for each in checked
        ]


def _refused(drawn: Drawn) -> Drawn | Unscored:
    reason = refusal(drawn.image if drawn.pixels is None else drawn.pixels)
    return Unscored(drawn.shot, reason, drawn) if reason else drawn


def _score(reward: Reward, drawn: Sequence[Drawn]) -> list[Score | str]:
    """Return the score of each image, or the reason why it has none."""
    return ask(
        reward,
        prompts=[each.shot.prompt for each in drawn],
        images=[each.image if each.pixels is None else each.pixels for each in drawn],
    )


def _answer(drawn: Drawn, score: Score | str, referee: Score | str | None) -> Answer:
    if isinstance(score, str):
        return Unscored(drawn.shot, score, drawn)
    return Scored(drawn.shot, score, drawn, referee if isinstance(referee, Score) else None)
