"""Reasons to stop, put together."""

from __future__ import annotations

from cohp.executors.base import Stop


class Either:
    """Set once one of two is."""

    def __init__(self, one: Stop, other: Stop) -> None:
        self._both = (one, other)

    def is_set(self) -> bool:
        """Say whether the work should end after the batch in hand."""
        return any(each.is_set() for each in self._both)
