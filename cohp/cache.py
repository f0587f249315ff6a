"""Where CoHP keeps what it derives and remembers on this machine, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

from platformdirs import user_cache_path


def cache_folder() -> Path:
    """Return where derived files are kept: COHP_CACHE, else the user's cache."""
    named = os.environ.get("COHP_CACHE")
    return Path(named) if named else user_cache_path("cohp")


def put(place: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place, and move it there once it is whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, suffix=place.suffix)
    os.close(handle)
    try:
        write(Path(name))
        Path(name).replace(place)
    finally:
        Path(name).unlink(missing_ok=True)


def link(place: Path, target: Path) -> None:
    """Let `place` stand for `target`, by a link where the system has them, else by a copy."""
    if place.exists() and place.samefile(target):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        beside.symlink_to(target.absolute())
    except OSError:  # Windows gives links to administrators alone
        put(place, lambda path: copyfile(target, path))
        return
    beside.replace(place)
