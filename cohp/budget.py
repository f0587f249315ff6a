"""A budget as people say it: so many seconds, images, or evaluations of a denoiser."""

from __future__ import annotations

import re
from dataclasses import dataclass

MINUTE, HOUR = 60, 3600
UNITS = {"s": "s", "sec": "s", "m": "m", "min": "m", "h": "h"}
UNITS |= {"nfe": "nfe", "image": "images", "images": "images"}
SECONDS = {"s": 1, "m": MINUTE, "h": HOUR}


@dataclass(frozen=True)
class Budget:
    """How much may be spent, of which `unit`: seconds, images or nfe."""

    amount: float
    unit: str

    @classmethod
    def read(cls, text: str) -> Budget:
        """Read a budget; raises `ValueError` where it is none."""
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", text.lower())
        unit = UNITS.get(found[2]) if found else None
        if found is None or unit is None or not float(found[1]):
            raise ValueError(f"{text!r} is no budget; write 60s, 5m, 200nfe or 20images")
        if unit in SECONDS:
            return cls(float(found[1]) * SECONDS[unit], "seconds")
        return cls(float(found[1]), unit)

    def __str__(self) -> str:
        return f"{self.amount:g} {'evaluations' if self.unit == 'nfe' else self.unit}"
