"""Which commit of a hub's repository this machine holds to, where no catalogue names one.

Such a repository is taken as the hub gives it the first time. That commit is written down, and
from then on this machine uses no other, whatever the hub's newest is by then.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

from cohp.cache import cache_folder, put

COMMIT = re.compile(r"[0-9a-f]{40}")


def pinned(repo: str) -> str | None:
    """Return the commit of `repo` that this machine holds to, or None where it has none yet."""
    with suppress(OSError, UnicodeDecodeError):
        if COMMIT.fullmatch(commit := pin_file(repo).read_text("ascii").strip()):
            return commit
    return None


def pin(repo: str, commit: str) -> str:
    """Hold to `commit` of `repo`, unless another is held already; return the one that is held."""
    held = pinned(repo)
    if held is None:
        put(pin_file(repo), lambda path: path.write_text(f"{commit}\n", "ascii"))
    return held or commit


def pin_file(repo: str) -> Path:
    """Return where the commit of `repo` is written down; removing the file lets go of it."""
    return cache_folder() / "pins" / repo.replace("/", "--")


def commit_of(found: Path, file: str) -> str:
    """Return the commit that `file` of a repository was `found` at, from its place in the cache."""
    return found.parents[len(PurePosixPath(file).parts) - 1].name
