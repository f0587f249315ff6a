"""Scores that were given before, kept by image content, prompt, reward and revision."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from cohp.cache import cache_folder
from cohp.reward.images import as_image
from cohp.types import Score

if TYPE_CHECKING:
    from cohp.reward.base import Picture

# About 100 bytes a score.
MOST = 2_000_000
# How long to wait for another process that writes.
PATIENCE = 30.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS scores (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL UNIQUE,
    mean REAL NOT NULL,
    std REAL
)
"""


class ScoreCache:
    """A table of scores that several processes and threads may share.

    It never fails: where it cannot be used, `trouble` says why and every score is computed.
    """

    def __init__(self, path: Path | None = None, most: int = MOST) -> None:
        """Open the cache at `path`, by default the user's, with at most `most` scores."""
        self.path = path or cache_folder() / "scores.sqlite"
        self.trouble: str | None = None
        self._most = most
        self._lock = Lock()
        self._table: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._table = sqlite3.connect(self.path, PATIENCE, check_same_thread=False)
            self._table.execute("PRAGMA journal_mode = WAL")
            self._table.execute("PRAGMA synchronous = NORMAL")
            self._table.execute(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def find(self, keys: Iterable[bytes]) -> dict[bytes, Score]:
        """Return the scores that are known of these keys."""
        found: dict[bytes, Score] = {}
        with self._lock:
            if self._table is None:
                return found
            try:
                for key in keys:
                    query = "SELECT mean, std FROM scores WHERE key = ?"
                    if row := self._table.execute(query, (key,)).fetchone():
                        found[key] = Score(*row)
            except sqlite3.Error as error:
                self._give_up(error)
        return found

    def keep(self, scores: Mapping[bytes, Score]) -> None:
        """Keep scores, all of them or none; beyond the bound the oldest tenth goes."""
        rows = [(key, score.mean, score.std) for key, score in scores.items()]
        with self._lock:
            if self._table is None or not rows:
                return
            try:
                with self._table:
                    self._table.executemany(
                        "INSERT OR IGNORE INTO scores (key, mean, std) VALUES (?, ?, ?)", rows
                    )
                    self._prune(self._table)
            except sqlite3.Error as error:
                self._give_up(error)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._table is not None:
                self._table.close()
            self._table = None

    def _prune(self, table: sqlite3.Connection) -> None:
        # Rows are numbered as they come, so the ends of the numbering bound the count at once.
        with closing(table.execute("SELECT min(number), max(number) FROM scores")) as ends:
            first, last = ends.fetchone()
        if last - first >= self._most:
            table.execute("DELETE FROM scores WHERE number <= ?", (last - self._most * 9 // 10,))

    def _give_up(self, error: Exception) -> None:
        self.trouble = (
            f"The score cache {self.path} cannot be used ({error}), so every score is computed. "
            "Delete the file if it is damaged, or choose a folder with COHP_CACHE."
        )
        self._table = None


def digest(image: bytes | Picture) -> bytes:
    """Return a digest of what an image is: of its file's bytes, or of its levels."""
    if isinstance(image, bytes):
        return blake2b(image, digest_size=16).digest()
    # Apart from files: what is told of a file's bytes is not what is told of its levels.
    picture = as_image(image)
    head = f"{picture.mode} {picture.size}".encode()
    palette = bytes(picture.getpalette() or ())
    return blake2b(picture.tobytes() + palette, key=head, digest_size=16).digest()


def key(image: bytes, prompt: str, identity: str) -> bytes:
    """Return the key of a score: `image` is a digest, `identity` names reward and revision."""
    about = f"{identity}\0{prompt}".encode("utf-8", "surrogatepass")
    return blake2b(about, key=image, digest_size=16).digest()
