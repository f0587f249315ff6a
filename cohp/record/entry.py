"""What the journal keeps of one shot, and how it reads as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import inf
from typing import Any

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

    @classmethod
    def of(cls, answer: Answer, image: str | None) -> Entry:
        """Return what the journal keeps of `answer`, whose image was written as `image`."""
        drawn = answer.drawn
        return cls(
            shot=answer.shot,
            score=answer.score if isinstance(answer, Scored) else None,
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
        return Scored(self.shot, self.score)

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
        )
