"""What in a file could not be used: where it stands, and why; the rest goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One item that could not be used."""

    place: str
    reason: str

    def __str__(self) -> str:
        """Say it as one line."""
        return f"{self.place}: {self.reason}."
