"""Adding a line to the journal of a run that nobody works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cohp.record.claim import claim
from cohp.record.files import writing
from cohp.record.folder import JOURNAL
from cohp.record.journal import Writer


@contextmanager
def adding(folder: Path) -> Iterator[Writer]:
    """Hold the run in a folder meanwhile; raises `RunBusy` where somebody works on it."""
    lock = claim(folder)
    try:
        with writing(folder):
            writer = Writer(folder / JOURNAL)
            try:
                yield writer
            finally:
                writer.close()
    finally:
        lock.release()
