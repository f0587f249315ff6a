"""Reading a journal while others write to it: the whole lines that came since the last look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cohp.errors import NoSuchRun, RunDamaged


class Tail:
    """One reader's place in a journal; it holds up nobody, and reads on however late it comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def grown(self) -> bool:
        """Tell whether there may be more to read."""
        try:
            return self._path.stat().st_size > self._at
        except OSError:
            return False

    def lines(self) -> list[dict[str, Any]]:
        """Return the objects of the lines that are new; one that is not whole yet is left."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                new = file.read()
        except OSError as error:
            raise NoSuchRun(f"There is no run called {self._path.parent.name!r}.") from error
        whole = new[: new.rfind(b"\n") + 1]
        self._at += len(whole)
        try:
            return [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise RunDamaged(
                f"The journal of {self._path.parent.name} was changed after it was written. "
                "Restore it from a copy, or start a new run."
            ) from error
