"""Where a batch's files lie when any machine may write them: whole objects under a path or URL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.registry import known_implementations

from cohp.errors import BadInput, CohpError, Missing, RunTrouble
from cohp.record.files import write_whole

# How many objects are read or written at once: a store far away answers each in its own time.
AT_ONCE = 32
# How many answers may wait in memory.
AHEAD = 1024
# An object's name: parts of letters and digits, so that none leads out of the place.
NAME = re.compile(r"\w[\w .-]*(/\w[\w .-]*)*")


@dataclass(frozen=True)
class Place:
    """Objects under `url`, each written whole: nothing is appended to, nothing renamed.

    It holds no connection when it is pickled, so that it travels to other machines.
    """

    url: str

    @classmethod
    def named(cls, out: str) -> Place:
        """Return the place that a person calls `out`: the same one from any folder."""
        if "::" in out:
            raise BadInput(f"{out} is one URL within another. Name the folder itself with --out.")
        with _telling(out):
            system, path = fsspec.core.url_to_fs(out)
            local = isinstance(system, LocalFileSystem)
            return cls(system.unstrip_protocol(path) if local else out)

    def write(self, name: str, data: bytes) -> None:
        """Put an object there, whole."""
        with _telling(self.url):
            path = self._path(name)
            if isinstance(self._system, LocalFileSystem):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                write_whole(Path(path), data)
                return
            try:
                self._system.pipe_file(path, data)
            except FileNotFoundError:
                # A store with real folders. The place itself is made by whoever owns it: on a
                # store with buckets this would make a bucket of a slip of the pen.
                if not self._system.exists(self._root):
                    raise
                self._system.makedirs(path.rpartition("/")[0], exist_ok=True)
                self._system.pipe_file(path, data)

    def read(self, name: str) -> bytes | None:
        """Return what is in an object, or None where there is none."""
        with _telling(self.url):
            try:
                data: bytes = self._system.cat_file(self._path(name))
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
            return data

    def read_all(self, names: Sequence[str]) -> Iterator[bytes | None]:
        """Read many objects, some at once, and yield what is in each, in order."""
        with ThreadPoolExecutor(AT_ONCE) as readers:
            for start in range(0, len(names), AHEAD):
                yield from readers.map(self.read, names[start : start + AHEAD])

    def names(self, folder: str = "") -> list[str]:
        """List what lies right under a folder, in one go, by its last name."""
        with _telling(self.url):
            self._system.invalidate_cache()
            path = self._path(folder) if folder else self._root
            try:
                listed: list[str] = self._system.ls(path, detail=False)
            except FileNotFoundError:
                return []
            return [each.rstrip("/").rpartition("/")[2] for each in listed]

    def upload(self, folder: Path, name: str) -> None:
        """Put the files of a folder under `name`; links and drafts stay behind."""
        files = [
            path
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        ]

        def put(path: Path) -> None:
            self.write(f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes())

        with ThreadPoolExecutor(AT_ONCE) as writers:
            for _ in writers.map(put, files):
                pass

    def __str__(self) -> str:
        """Return how a person names it."""
        return self._root if isinstance(self._system, LocalFileSystem) else self.url.rstrip("/")

    @cached_property
    def _system(self) -> Any:  # noqa: ANN401 - fsspec has no types
        return fsspec.core.url_to_fs(self.url)[0]

    @cached_property
    def _root(self) -> str:
        return str(fsspec.core.url_to_fs(self.url)[1]).rstrip("/")

    def _path(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise BadInput(f"{name!r} cannot be the name of a file; use letters and digits")
        return f"{self._root}/{name}"

    def __getstate__(self) -> dict[str, str]:
        """Leave connections behind."""
        return {"url": self.url}


@contextmanager
def _telling(place: str) -> Iterator[None]:
    """Turn what a store says into one clear sentence."""
    try:
        yield
    except CohpError:
        raise
    except ImportError as error:
        package = known_implementations[place.partition("://")[0]]["class"].partition(".")[0]
        raise Missing(f"{place} needs a package that is not here: pip install {package}") from error
    except Exception as error:
        # Each kind of store has errors of its own.
        said = str(error).strip().rstrip(".") or type(error).__name__
        raise RunTrouble(
            f"Cannot use {place}: {said}. What is recorded is safe: mend it, or name another "
            "with --out."
        ) from error
