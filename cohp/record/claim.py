"""A folder that one process at a time writes to."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from cohp.errors import BadInput, RunBusy

LOCK = ".lock"


def make(folder: Path) -> None:
    """Make a folder that can be written to, or say that it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LOCK).touch()
    except OSError as error:
        raise BadInput(
            f"Cannot write to {folder}: {error.strerror}. Name another folder with --out."
        ) from error


def claim(folder: Path) -> FileLock:
    """Keep others from the folder until the lock is released."""
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunBusy(folder) from error
    return lock
