"""What memory there is, and how it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cohp.errors import BadInput

UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BINARY = {"KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
# Measured: larger batches are no faster on a processor, take more memory and answer later.
PROCESSOR_BATCH = 8
WRITTEN = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*([KMGT]I?)B?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Device:
    """One device and the bytes that may be used of it.

    What a processor or an Apple GPU works on lies in main memory already: nothing can wait there.
    """

    name: str
    free: int

    @property
    def unified(self) -> bool:
        """Whether its memory is main memory."""
        return self.name.partition(":")[0] in ("cpu", "mps")

    def at_once(self, images: int) -> int:
        """Return how many of so many images to draw at once, if memory were no matter."""
        return min(images, PROCESSOR_BATCH) if self.name.startswith("cpu") else images


@dataclass(frozen=True)
class Room:
    """The devices, the reward's first choice last, and what is free of main memory."""

    devices: tuple[Device, ...]
    host: int


def read_bytes(text: str) -> int:
    """Read a size as people write it: 24GB, 512 MB, 7.5GiB."""
    found = WRITTEN.fullmatch(text)
    if found is None or not float(found[1]):
        raise BadInput(f"{text!r} is no size of memory: write 24GB, 7.5GB or 800MB.")
    return int(float(found[1]) * {**UNITS, **BINARY}[found[2].upper()])


def written(size: int) -> str:
    """Write a size for people."""
    if size >= 10**9:
        return f"{size / 10**9:.1f} GB"
    return f"{size / 10**6:.0f} MB" if size >= 10**6 else f"{size / 10**3:.0f} kB"
