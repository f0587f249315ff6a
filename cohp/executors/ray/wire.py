"""What travels between processes: pictures and latents as arrays, errors as their sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from cohp import errors
from cohp.errors import CohpError
from cohp.reward.refusal import refusal
from cohp.types import Drawn, Shot, Unscored

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Sent:
    """What became of a shot: its picture as eight-bit levels, or the reason it has none, or both.

    A reward sees a picture at the levels of its PNG, so that nothing finer has to travel.
    """

    shot: Shot
    reason: str | None = None
    levels: Array | None = None
    latents: Array | None = None
    true_start: float | None = None
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, each: Drawn | Unscored) -> Sent:
        """Pack what was drawn; what is wrong with its finer values is said while they are here."""
        if isinstance(each, Unscored):
            return cls(each.shot, each.reason)
        return cls(
            each.shot,
            None if each.pixels is None else refusal(each.pixels),
            np.asarray(each.image),
            each.latents,
            each.true_start,
            each.seconds,
            each.facts,
        )

    def unpacked(self) -> Drawn | Unscored:
        """Return what was packed."""
        drawn = self.drawn()
        if drawn is None or self.reason:
            return Unscored(self.shot, self.reason or "no reason was given", drawn)
        return drawn

    def drawn(self) -> Drawn | None:
        """Return the image with all that belongs to it, where there is one."""
        if self.levels is None:
            return None
        image = Image.fromarray(self.levels)
        return Drawn(
            self.shot, image, self.latents, None, self.true_start, self.seconds, self.facts
        )


@dataclass(frozen=True)
class Trouble:
    """An error of ours on its way: one that writes its own sentence cannot be pickled."""

    kind: str
    sentence: str

    @classmethod
    def of(cls, error: CohpError) -> Trouble:
        """Pack an error."""
        return cls(type(error).__name__, str(error))

    @property
    def error(self) -> CohpError:
        """The error, to be raised here."""
        kind: type[CohpError] = getattr(errors, self.kind, CohpError)
        error = kind.__new__(kind)
        error.args = (self.sentence,)
        return error
