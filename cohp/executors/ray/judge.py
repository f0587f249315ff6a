"""A reward whose members are elsewhere: what a search asks for its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cohp.errors import BadImage
from cohp.executors.ray.calling import Call
from cohp.executors.ray.rewards import Judged, Pictures
from cohp.executors.ray.site import Site
from cohp.reward.base import Reward
from cohp.reward.ensemble import Ensemble
from cohp.reward.images import as_rgb
from cohp.reward.loading import settled, spread
from cohp.reward.wanted import read
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture


class Distant:
    """One reward, loaded elsewhere; its revision is known once it has answered."""

    def __init__(self, name: str, site: Site) -> None:
        self._name = name
        self._site = site
        self.revision = ""

    def require(self) -> Call[None]:
        """Ask whether it lacks anything."""
        return self._site.require_judge(self._name)

    def score(self, *, prompts: Sequence[str], images: Sequence[Picture]) -> list[Score]:
        """Score each image; raises `BadImage` where one of them cannot be."""
        levels = [np.asarray(as_rgb(image)) for image in images]
        call: Call[Judged] = self._site.judge(self._name, Pictures(prompts, levels))
        reply = call.reply()
        self.revision = reply.revision
        for each in reply.scores:
            if isinstance(each, str):
                raise BadImage(each)
        return [each for each in reply.scores if not isinstance(each, str)]

    def close(self) -> None:
        """Nothing is held here."""


@dataclass(frozen=True)
class Judge:
    """What judges as a whole, and the rewards it is made of."""

    whole: Reward
    members: tuple[Distant, ...]


def judge(text: str, site: Site) -> Judge:
    """Return what was written after --reward, with each of its members on the cluster."""
    wanted = read(settled(text))
    members = {each.member: Distant(str(each.alone), site) for each in wanted}
    distant = tuple(members.values())
    if len(distant) == 1:
        return Judge(distant[0], distant)
    return Judge(Ensemble(members, {each.name: spread(each.name) for each in members}), distant)
