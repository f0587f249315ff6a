"""What writes to a folder through its journal, and keeps others from it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from filelock import FileLock

from cohp.record import journal
from cohp.record.claim import LOCK, claim


def taken(folder: Path, name: str) -> bool:
    """Tell whether a folder holds more than a kill leaves of a journal in its first moment."""
    file = folder / name
    begun = file.exists() and bool(journal.read(file)[0])
    return begun or bool({each.name for each in folder.iterdir()} - {LOCK, name})


class Held:
    """A folder that this process alone writes to, until it is closed."""

    _lock: FileLock
    _journal: journal.Writer

    @contextmanager
    def _claiming(self, folder: Path) -> Iterator[None]:
        """Keep others from the folder; they may have it at once where the block fails."""
        self._lock = claim(folder)
        try:
            yield
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let others work on the folder."""
        self._journal.close()
        self._lock.release()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let others work on the folder."""
        self.close()
