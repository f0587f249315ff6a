"""An image made ready ahead of its turn, so that the device need not wait for the host."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image as one reward takes it, checked and resized on the host by its `prepare`.

    That reward's `score` takes it in place of the picture; no other does.
    """

    pixels: Tensor
