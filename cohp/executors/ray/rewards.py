"""Workers that judge: one resident reward each, asked by many searches at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image
from ray import serve

from cohp.errors import CohpError
from cohp.executors.halving import Halving
from cohp.executors.ray.wire import Array, Trouble
from cohp.reward.asking import ask
from cohp.reward.base import Reward
from cohp.reward.loading import load, require
from cohp.types import Score

# Requests that are scored as one batch, and how long the first of them waits for the others.
TOGETHER = 16
PATIENCE = 0.02


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images to judge, as eight-bit levels, each for its prompt."""

    prompts: Sequence[str]
    levels: Sequence[Array]


@dataclass(frozen=True)
class Judged:
    """The score of each image, or why it has none; and whose weights said so."""

    scores: Sequence[Score | str]
    revision: str


class Rewards:
    """Scores in a thread, so that it can still be asked how it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reward: Reward | None = None
        self._notes: list[str] = []
        self._halving = Halving(self._notes.append)
        self._thread = ThreadPoolExecutor(1, "scoring")

    async def require(self) -> Trouble | None:
        """Say what the reward lacks on this node."""
        try:
            require(self._name)
        except CohpError as error:
            return Trouble.of(error)
        return None

    @serve.batch(max_batch_size=TOGETHER, batch_wait_timeout_s=PATIENCE)
    async def score(self, asked: list[Pictures]) -> list[Judged | Trouble]:
        """Score the images of several searches as one batch."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self.judged, asked)

    def judged(self, asked: Sequence[Pictures]) -> list[Judged | Trouble]:
        """Score the images of several requests as one batch, in the thread that calls."""
        pairs = [pair for each in asked for pair in zip(each.prompts, each.levels, strict=True)]
        try:
            self._reward = reward = self._reward or load(self._name)
            batches = self._halving.batches("the reward", pairs, lambda some: _ask(reward, some))
            scores = iter([score for batch in batches for score in batch])
        except CohpError as error:
            return [Trouble.of(error)] * len(asked)
        return [Judged([next(scores) for _ in each.prompts], reward.revision) for each in asked]


def _ask(reward: Reward, pairs: Sequence[tuple[str, Array]]) -> list[Score | str]:
    return ask(
        reward,
        prompts=[prompt for prompt, _ in pairs],
        images=[Image.fromarray(levels) for _, levels in pairs],
    )
