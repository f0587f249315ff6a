"""Several rewards behind the face of one: each scores every image, and all of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cohp.errors import BadInput
from cohp.reward.combine import Member, provisional
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture, Reward


class Ensemble:
    """Rewards that judge together; `spreads` are their usual deviations among one prompt's images.

    Its scores are `Parts`: `Parts.members` is what each said and goes into the journal; the mean
    is provisional, and `combine.fit` on the opening makes the scale that gives the real one.
    """

    def __init__(
        self, members: Mapping[Member, Reward], spreads: Mapping[str, float] | None = None
    ) -> None:
        if not members:
            raise BadInput("An ensemble needs at least one reward.")
        self.members = tuple(members)
        self._rewards = dict(members)
        self._scale = provisional(self.members, spreads or {})

    @property
    def revision(self) -> str:
        """Which version of every member's weights this is, and how they are weighed."""
        return "+".join(
            f"{member.name}@{reward.revision}*{member.weight:g}"
            for member, reward in self._rewards.items()
        )

    def score(self, *, prompts: Sequence[str], images: Sequence[Picture]) -> list[Score]:
        """Have every member score each image for the prompt at its place; each score is `Parts`."""
        said = {
            member.name: reward.score(prompts=prompts, images=images)
            for member, reward in self._rewards.items()
        }
        return [
            self._scale.combine({name: scores[place] for name, scores in said.items()})
            for place in range(len(images))
        ]

    def close(self) -> None:
        """Let go of every member's memory."""
        for reward in self._rewards.values():
            reward.close()
