"""Files that are whole or not there at all, and one error for a disk that takes no more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cohp.errors import RunUnwritable


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that no kill, crash or full disk leaves half a file there."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def writing(folder: Path, go_on: str = "cohp resume") -> Iterator[None]:
    """Turn what the system says about a full or read-only disk into one clear sentence.

    `go_on` is the command that goes on once it is mended.
    """
    try:
        yield
    except OSError as error:
        raise RunUnwritable(folder, error.strerror or str(error), go_on) from error
