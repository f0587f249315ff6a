"""One copy of a reward for all who hold it in this process: the last to close it lets it go.

So runs, a `Scorer` and a server's routes judge by the same weights, however they were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, WeakValueDictionary

from cohp.errors import BadInput
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture, Reward


@dataclass(frozen=True, eq=False)
class _Copy:
    reward: Reward
    at_work: Lock = field(default_factory=Lock)
    # A holder may be forgotten without having been closed.
    holders: WeakSet[Held] = field(default_factory=WeakSet)


# A reward by name and options, the place of its weights, a device.
Key = tuple[str, str, str]
_COPIES: WeakValueDictionary[Key, _Copy] = WeakValueDictionary()
_CHANGING = Lock()


class Held:
    """One holder's hand on a reward, which scores for one holder at a time."""

    def __init__(self, key: Key, copy: _Copy) -> None:
        self._key = key
        self._copy: _Copy | None = copy
        copy.holders.add(self)

    @property
    def revision(self) -> str:
        """Which version of the weights this is."""
        return self._mine().reward.revision

    def score(self, *, prompts: Sequence[str], images: Sequence[Picture]) -> list[Score]:
        """Score each image for the prompt at its place."""
        copy = self._mine()
        with copy.at_work:
            return copy.reward.score(prompts=prompts, images=images)

    def close(self) -> None:
        """Let go of it; where nobody else holds it, so does the device."""
        with _CHANGING:
            copy, self._copy = self._copy, None
            if copy is None:
                return
            copy.holders.discard(self)
            if not copy.holders:
                del _COPIES[self._key]
                copy.reward.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the reward can do besides
        """Return what else the reward has."""
        return getattr(self._mine().reward, name)

    def _mine(self) -> _Copy:
        copy: _Copy | None = vars(self).get("_copy")
        if copy is None:
            raise BadInput("This reward was closed; load it again to score with it.")
        return copy


def hold(key: Key, load: Callable[[], Reward]) -> Held:
    """Return a hand on a reward, which is loaded if nobody holds it yet."""
    with _CHANGING:
        copy = _COPIES.get(key)
        if copy is None:
            copy = _COPIES[key] = _Copy(load())
        return Held(key, copy)


def held() -> frozenset[tuple[str, str]]:
    """Return the name, with its options, and the device of every reward that somebody holds."""
    with _CHANGING:
        return frozenset((name, device) for name, _, device in _COPIES)
