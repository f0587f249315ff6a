"""How likely one image is preferred to another, from what a reward said of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import fsum

from cohp.measure.panel import Judge
from cohp.reward import catalogue
from cohp.reward.combine import Member, Parts
from cohp.select import beats
from cohp.types import Score

# The probability that the first is preferred; a calibration fitted to people's own choices is one.
Preference = Callable[[Score, Score], float]


def preference_of(judge: Judge) -> Preference:
    """Return the preference that a judge was trained to mean by its scores.

    Several that add up have the mean of theirs. A reward that was not trained on preferences is
    read as if its differences were log-odds.
    """

    def preference(a: Score, b: Score) -> float:
        if not (isinstance(a, Parts) and isinstance(b, Parts)):
            return _preferred(judge.members[0], a, b)
        return fsum(
            member.weight * _preferred(member, a.members[member.name], b.members[member.name])
            for member in judge.members
        ) / fsum(member.weight for member in judge.members)

    return preference


def strangers(judge: Judge) -> list[str]:
    """Return the members whose differences were never trained to be log-odds."""
    return [member.name for member in judge.members if _log_odds(member) is None]


def sure(score: Score) -> Score:
    """Return a score as it would be if the reward had no doubt."""
    if isinstance(score, Parts):
        members = {name: sure(each) for name, each in score.members.items()}
        return replace(score, std=None, members=members)
    return replace(score, std=None)


def _preferred(member: Member, a: Score, b: Score) -> float:
    scale = _log_odds(member) or 1.0
    return beats(_scaled(a, scale), _scaled(b, scale))


def _scaled(score: Score, scale: float) -> Score:
    return Score(score.mean * scale, None if score.std is None else score.std * scale)


def _log_odds(member: Member) -> float | None:
    if member.name not in catalogue.names():
        return None
    return catalogue.find(member.name).log_odds
