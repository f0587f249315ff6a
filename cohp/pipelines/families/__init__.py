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


def family_of(pipe: Pipe) -> Family:
    """Return the family of a loaded pipeline; raises `BadInput` where none can be found."""
    name = type(pipe).__name__
    for family in FAMILIES:
        if name in family.pipelines:
            return family
    return unseen(pipe)
