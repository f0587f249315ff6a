"""A folder, or a file, that one process at a time writes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    return _held(folder / LOCK, folder)


@contextmanager
def claimed(file: Path) -> Iterator[None]:
    """Keep others from a file meanwhile; nothing is left beside it."""
    place = file.with_name(f".{file.name}.lock")
    lock = _held(place, file)
    try:
        yield
    finally:
        # Before it is released: whoever gets the lock next looks whether its file is still there.
        with suppress(OSError):
            place.unlink()
        lock.release()


def _held(place: Path, guarded: Path) -> FileLock:
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunBusy(guarded) from error
    return lock
