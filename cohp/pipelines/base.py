"""What every image generator offers; the executor knows nothing else of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from cohp.types import Drawn, Shot, Unscored


class Generator(Protocol):
    """One loaded model that draws shots.

    A picture depends on its shot and its parent alone, never on the shots drawn beside it.
    """

    @property
    def revision(self) -> str:
        """Which version of the weights this is, as recorded in the journal."""
        ...

    def draw(
        self, shots: Sequence[Shot], parents: Mapping[str, Drawn]
    ) -> Iterator[Drawn | Unscored]:
        """Draw `shots` as one batch; `parents` holds the drawn parent of each that has one.

        A shot that cannot be drawn may be answered with the reason, at no cost to the others.
        Raises `OutOfMemory` where the batch does not fit; nothing is drawn then.
        """
        ...

    def close(self) -> None:
        """Let go of the device memory."""
        ...
