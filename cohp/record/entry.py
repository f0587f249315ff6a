"""What the journal keeps of one shot, and how it reads as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from math import inf
from typing import Any

from cohp.reward.combine import Parts, Scale
from cohp.types import Answer, Score, Scored, Shot, Unscored

SHOT_FIELDS = tuple(each.name for each in fields(Shot))


@dataclass(frozen=True)
class Entry:
    """One answered shot: its score or the reason it has none, and the file its image is in."""

    shot: Shot
    score: Score | None = None
    reason: str | None = None
    image: str | None = None
    true_start: float | None = None
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    # What each reward of an ensemble said, and what the referee said; both may be left out.
    members: Mapping[str, Score] = field(default_factory=dict)
    referee: Score | None = None

    @classmethod
    def of(cls, answer: Answer, image: str | None) -> Entry:
        """Return what the journal keeps of `answer`, whose image was written as `image`."""
        drawn = answer.drawn
        score = answer.score if isinstance(answer, Scored) else None
        return cls(
            shot=answer.shot,
            score=Score(score.mean, score.std) if score else None,
            members=score.members if isinstance(score, Parts) else {},
            referee=answer.referee if isinstance(answer, Scored) else None,
            reason=answer.reason if isinstance(answer, Unscored) else None,
            image=image,
            true_start=drawn.true_start if drawn else None,
            seconds=drawn.seconds if drawn else 0.0,
            facts=drawn.facts if drawn else {},
        )

    @property
    def answer(self) -> Answer:
        """The answer a search is sent, as it was when it was fresh."""
        if self.score is None:
            return Unscored(self.shot, self.reason or "no reason was recorded")
        return Scored(self.shot, self.score, referee=self.referee)

    def on(self, scale: Scale | None) -> Entry:
        """Return this entry as an ensemble's scale reads it; others stay as they are."""
        if scale is None or not self.members:
            return self
        combined = scale.combine(self.members)
        return replace(self, score=Score(combined.mean, combined.std))

    @property
    def mean(self) -> float:
        """The score's mean; an entry without a score ranks below every other."""
        return self.score.mean if self.score else -inf

    def to_json(self) -> dict[str, Any]:
        """Return the journal's object for this entry."""
        return {
            "id": self.shot.id,
            **asdict(self.shot),
            "true_start": self.true_start,
            "seconds": round(self.seconds, 4),
            "score": asdict(self.score) if self.score else None,
            "reason": self.reason,
            "image": self.image,
            "facts": dict(self.facts),
            "members": {name: asdict(score) for name, score in self.members.items()},
            "referee": asdict(self.referee) if self.referee else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """Read the object that `to_json` wrote."""
        return cls(
            shot=Shot(**{name: data[name] for name in SHOT_FIELDS}),
            score=Score(**data["score"]) if data["score"] else None,
            reason=data["reason"],
            image=data["image"],
            true_start=data["true_start"],
            seconds=data["seconds"],
            facts=data["facts"],
            members={name: Score(**score) for name, score in data["members"].items()},
            referee=Score(**data["referee"]) if data["referee"] else None,
        )
