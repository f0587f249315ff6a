"""What clients are sent, typed for both sides."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from cohp.server.pictures import Picture, ScoreOut

State = Literal["queued", "running", "finished", "interrupted", "cancelled", "failed"]


class Run(BaseModel):
    """A run in short; `reason` says why it failed, `best` is the best image so far."""

    id: str
    state: State
    prompt: str
    seed: int
    models: list[str]
    reward: str
    rounds: int
    planned: int
    done: int
    began: str
    model: str | None
    best: Picture | None
    reason: str | None


class Choice(BaseModel):
    """A person preferred `image` to `over`, and from `round` on the search goes on from it."""

    image: str
    over: str | None
    round: int


class RunInFull(Run):
    """A run with its recipe, all of its images, and the path that led to its best one."""

    recipe: dict[str, Any]
    images: list[Picture]
    choices: list[Choice]
    lineage: list[str]
    standings: dict[str, float]
    revisions: dict[str, str]


class Scored(BaseModel):
    """An image of the request by its place, from 0: a score, or why it has none."""

    image: int
    score: ScoreOut | None
    error: str | None


class Ranked(BaseModel):
    """An image of the request by its place, from 0, and its rank, from 1.

    `behind` is the probability that the first is preferred to it.
    """

    image: int
    rank: int
    score: ScoreOut
    behind: float | None


class Compared(BaseModel):
    """How likely `a` is preferred, and would be if the reward had no doubt; in words, too."""

    reward: str
    probability: float
    certain: float
    a: ScoreOut
    b: ScoreOut
    sentence: str


class Told(BaseModel):
    """An event of a run: its number, its name, and what it says."""

    id: int
    name: str
    data: dict[str, Any]
