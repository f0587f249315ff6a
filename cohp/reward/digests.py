"""Which version of weights a file holds: its sha256, read once for each time it changes."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from cohp.cache import cache_folder, put

SHA256 = re.compile(r"[0-9a-f]{64}")


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    blob = path.resolve().name
    if SHA256.fullmatch(blob):  # the hub's cache names a large file by its sha256
        return blob
    about = path.stat()
    key = f"{path.resolve()}\n{about.st_size}\n{about.st_mtime_ns}"
    note = cache_folder() / "digests" / hashlib.sha256(key.encode()).hexdigest()
    with suppress(OSError, UnicodeDecodeError):
        if SHA256.fullmatch(known := note.read_text("ascii")):
            return known
    with path.open("rb") as file:
        value = hashlib.file_digest(file, "sha256").hexdigest()
    # A cache that cannot be written costs time, not correctness.
    with suppress(OSError):
        put(note, lambda path: path.write_text(value, "ascii"))
    return value


def revision(*paths: Path) -> str:
    """Return a short name for the version of these weights, as the journal records it."""
    return "+".join(digest(path)[:16] for path in paths)
