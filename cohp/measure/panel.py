"""The rewards that judge: each loaded once, however many of the asked-for judges it is part of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Self

from cohp.errors import BadInput
from cohp.recipe import Recipe
from cohp.recipes import DEFAULT, named
from cohp.reward.base import Reward
from cohp.reward.combine import Member, Scale, provisional
from cohp.reward.loading import load, require, settled, spread
from cohp.reward.wanted import Wanted, read
from cohp.types import Score


def default_reward() -> str:
    """Return who judges when nobody is named: the same reward as in a run."""
    return str(named()[DEFAULT].get("reward", Recipe.model_fields["reward"].default))


@dataclass(frozen=True)
class Judge:
    """What was asked for as one reward: a single one, or several that add up.

    The sum is in units of each member's usual spread, so that it depends on the image and its
    prompt alone; only a ranking, which has all of a group before it, can fit a better scale.
    `keys` are those of the members' rewards in the panel, in order.
    """

    name: str
    members: tuple[Member, ...]
    keys: tuple[str, ...]

    @cached_property
    def spreads(self) -> Mapping[str, float]:
        """The members' usual deviations among images of one prompt."""
        return {member.name: spread(member.name) for member in self.members}

    @cached_property
    def _scale(self) -> Scale:
        return provisional(self.members, self.spreads)

    def read(self, said: Mapping[str, Score | str]) -> Score | str:
        """Return this judge's score, given what each reward of the panel said."""
        scores: dict[str, Score] = {}
        for member, key in zip(self.members, self.keys, strict=True):
            one = said[key]
            if isinstance(one, str):
                return one if len(self.members) == 1 else f"{member.name}: {one}"
            scores[member.name] = one
        return next(iter(scores.values())) if len(scores) == 1 else self._scale.combine(scores)


class Panel:
    """The judges, by name, and the loaded rewards they are made of, by key.

    `identities` say what a reward's scores depend on beside prompt and image; a reward without
    one is never cached.
    """

    def __init__(
        self,
        judges: Sequence[Judge],
        rewards: Mapping[str, Reward],
        identities: Mapping[str, str] | None = None,
    ) -> None:
        if not judges:
            raise BadInput("There is no reward to judge by. Name one with --reward.")
        self.judges = {judge.name: judge for judge in judges}
        self.rewards = rewards
        self.identities = identities or {}
        self.revisions = {judge.name: self._revision(judge) for judge in judges}

    @classmethod
    def load(cls, asked: Iterable[str]) -> Panel:
        """Load what was written after each --reward; what is missing is said before any loads."""
        wanted = {text: read(text) for text in dict.fromkeys(settled(each) for each in asked)}
        for text in wanted:
            require(text)
        alone = {str(one.alone): one.alone for several in wanted.values() for one in several}
        rewards = {key: load(key) for key in alone}
        identities = {key: _identity(each, rewards[key]) for key, each in alone.items()}
        return cls(_judges(wanted), rewards, identities)

    @classmethod
    def of(cls, **rewards: Reward) -> Panel:
        """Make a panel of rewards that are loaded already."""
        return cls([Judge(name, (Member(name),), (name,)) for name in rewards], rewards)

    def read(self, said: Mapping[str, Score | str]) -> dict[str, Score | str]:
        """Return each judge's score, given what each reward said."""
        return {name: judge.read(said) for name, judge in self.judges.items()}

    def close(self) -> None:
        """Let the rewards go."""
        for reward in self.rewards.values():
            reward.close()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the rewards go."""
        self.close()

    def _revision(self, judge: Judge) -> str:
        revisions = [self.rewards[key].revision for key in judge.keys]
        if len(revisions) == 1:
            return revisions[0]
        parts = zip(judge.members, revisions, strict=True)
        return "+".join(f"{each.name}@{revision}*{each.weight:g}" for each, revision in parts)


def _judges(wanted: Mapping[str, Sequence[Wanted]]) -> list[Judge]:
    """Name each judge shortly; two that differ only in their folders by all that was written."""
    short = {
        text: "+".join(str(replace(each, place=None)) for each in several)
        for text, several in wanted.items()
    }
    return [
        Judge(
            text if list(short.values()).count(short[text]) > 1 else short[text],
            tuple(each.member for each in several),
            tuple(str(each.alone) for each in several),
        )
        for text, several in wanted.items()
    ]


def _identity(wanted: Wanted, reward: Reward) -> str:
    """Say what scores depend on: this program, the weights, options, how the device computes."""
    options = {name: value for name, value in wanted.options.items() if name != "batch"}
    device = str(getattr(reward, "device", "")).partition(":")[0]
    alone = replace(wanted, options=options, place=None)
    return f"{version('cohp')} {alone}@{reward.revision} {device}".rstrip()
