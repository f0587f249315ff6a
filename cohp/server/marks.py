"""The lines that a server adds to a run's journal: that it waits, was cancelled, or failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohp.record.adding import adding

KIND = "server"
QUEUED, CANCELLED, FAILED = "queued", "cancelled", "failed"


@dataclass(frozen=True)
class Mark:
    """What the server last said of a run: `rounds` it is to have, or the reason why it failed."""

    state: str
    rounds: int | None = None
    reason: str | None = None

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Mark:
        """Read a line of the journal."""
        return cls(line["state"], line["rounds"], line["reason"])


def put(folder: Path, mark: Mark) -> None:
    """Add a mark to the journal of a run that nobody works on."""
    with adding(folder) as journal:
        journal.append({"kind": KIND, **vars(mark)})
