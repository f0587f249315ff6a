"""One image of a run as clients see it."""

from __future__ import annotations

from pydantic import BaseModel

from cohp.record.entry import Entry
from cohp.types import Score


class ScoreOut(BaseModel):
    """What a reward says of an image; `std` where it knows how unsure it is."""

    mean: float
    std: float | None = None


class Picture(BaseModel):
    """One image of a run; without a score it says why, without a file it could not be drawn."""

    id: str
    model: str
    round: int
    index: int
    seed: int
    width: int
    height: int
    steps: int | None
    guidance: float | None
    parent: str | None
    strength: float | None
    score: ScoreOut | None
    reason: str | None
    members: dict[str, ScoreOut]
    referee: ScoreOut | None
    seconds: float
    file: str | None
    url: str | None


def picture(run: str, entry: Entry) -> Picture:
    """Return what clients see of an entry."""
    shot = entry.shot
    own = {name: getattr(shot, name) for name in Picture.model_fields if hasattr(shot, name)}
    return Picture(
        **own,
        score=score_out(entry.score),
        reason=entry.reason,
        members={
            name: ScoreOut(mean=each.mean, std=each.std) for name, each in entry.members.items()
        },
        referee=score_out(entry.referee),
        seconds=round(entry.seconds, 4),
        file=entry.image,
        url=f"/api/runs/{run}/images/{entry.image}" if entry.image else None,
    )


def score_out(score: Score | None) -> ScoreOut | None:
    """Return a score as clients see it."""
    return ScoreOut(mean=score.mean, std=score.std) if score else None
