"""The values that travel through CoHP: frozen, comparable, and free of torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image


@dataclass(frozen=True)
class Shot:
    """One image to draw, completely described; `None` steps or guidance mean the model's own."""

    model: str
    prompt: str
    width: int
    height: int
    seed: int
    round: int
    index: int
    negative: str = ""
    steps: int | None = None
    guidance: float | None = None
    parent: str | None = None
    strength: float | None = None

    @cached_property
    def id(self) -> str:
        """A digest of every field, so that equal shots have equal ids on every machine."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Drawn:
    """A shot with its image and, while it may be a parent, its latents.

    `latents` is a float array on the host: what the record keeps. A generator may hold the
    same latents on its device for as long as it likes. `pixels` is the image as a device
    tensor (3, height, width) in [0, 1] for rewards that read it there, or None.
    """

    shot: Shot
    image: Image = field(compare=False)
    latents: np.ndarray | None = field(default=None, compare=False)
    pixels: Any = field(default=None, compare=False)
    true_start: float | None = None
    seconds: float = field(default=0.0, compare=False)
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Score:
    """What a reward says of an image: a mean and, where it knows one, a standard deviation."""

    mean: float
    std: float | None = None


@dataclass(frozen=True)
class Jury:
    """Who judges: the reward a search follows, and a referee that is only listened to.

    With `safety` the safety filter may withhold an image from both.
    """

    reward: str
    referee: str | None = None
    safety: bool = False


@dataclass(frozen=True)
class Scored:
    """A shot with its score; `drawn` is there while the image is fresh, the record has it after.

    `referee` is what the second reward said, where there is one; no search looks at it.
    """

    shot: Shot
    score: Score
    drawn: Drawn | None = field(default=None, compare=False, repr=False)
    referee: Score | None = None


@dataclass(frozen=True)
class Unscored:
    """A shot with the reason it has no score."""

    shot: Shot
    reason: str
    drawn: Drawn | None = field(default=None, compare=False, repr=False)


Answer = Scored | Unscored


@dataclass(frozen=True)
class Preferred:
    """A person overrules the reward: from round `round` on the search goes on from image `shot`.

    `over` is the image that led until then. `rounds` is how many rounds the run is to have so that
    as many follow as the person asked for.
    """

    shot: str
    round: int
    over: str | None = None
    rounds: int | None = None


@dataclass(frozen=True)
class Note:
    """Something worth one line to a person: a batch halved, a strength rounded."""

    text: str


@dataclass(frozen=True)
class Ask:
    """The shots a search wants next, all of one round; it is sent their answers in this order."""

    round: int
    shots: Sequence[Shot]


@dataclass(frozen=True)
class Chosen:
    """A search says which model it goes on with, and how each candidate stood."""

    model: str
    standings: Mapping[str, float]
    rule: str


@dataclass(frozen=True)
class Verdict:
    """How a search ended: the model it chose, the best image, and the path that led to it.

    `lineage` runs from the first ancestor to the best image itself. Where a person overruled the
    reward, `preferred` says so, and the best is that of what the person left to choose from.
    """

    model: str
    best: Scored
    lineage: tuple[Scored, ...]
    preferred: Preferred | None = None
