"""The seam between deciding and doing: an executor draws shots and has them scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from cohp.placement.plan import Plan
from cohp.recipe import Recipe
from cohp.types import Answer, Drawn, Jury, Note, Shot


class Stop(Protocol):
    """Asked between batches; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Say whether the work should end after the batch in hand."""
        ...


class Executor(Protocol):
    """Answers shots, in any order, each exactly once; ends early when `stop` is set."""

    def require(self, models: Sequence[str], jury: Jury) -> None:
        """Raise `Missing` where something the work needs is not here; nothing is loaded."""
        ...

    def plan(self, recipes: Sequence[Recipe]) -> Plan | None:
        """Decide who is held where while these run, or raise `DoesNotFit`; nothing is loaded.

        None where an executor has no memory of its own to share out.
        """
        ...

    def answer(
        self, shots: Sequence[Shot], *, jury: Jury, parents: Mapping[str, Drawn], stop: Stop
    ) -> Iterator[Answer | Note]:
        """Draw and score `shots`, yielding each answer once it is known, and notes between."""
        ...

    def revisions(self) -> Mapping[str, str]:
        """Return the revision of each model and reward that has been loaded so far."""
        ...

    def close(self) -> None:
        """Let go of every model."""
        ...


def batch_key(shot: Shot) -> tuple[object, ...]:
    """Return what shots that may be drawn together agree in; their prompts may differ."""
    return (
        shot.model,
        shot.width,
        shot.height,
        shot.steps,
        shot.guidance,
        shot.strength,
        shot.parent is None,
    )
