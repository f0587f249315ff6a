"""The families that are known, and which of them a pipeline belongs to."""

from __future__ import annotations

from cohp.pipelines.families import dit, flux, mmdit, unet
from cohp.pipelines.families.base import Family
from cohp.pipelines.families.unseen import unseen
from cohp.pipelines.foreign import Pipe

FAMILIES: tuple[Family, ...] = (
    *unet.FAMILIES,
    *flux.FAMILIES,
    *mmdit.FAMILIES,
    *dit.FAMILIES,
)


def named(kind: type) -> Family | None:
    """Return the family that a class of pipelines is of, or None where it is not known."""
    return next((each for each in FAMILIES if kind.__name__ in each.pipelines), None)


def family_of(pipe: Pipe) -> Family:
    """Return the family of a loaded pipeline; raises `BadInput` where none can be found."""
    return named(type(pipe)) or unseen(pipe)
