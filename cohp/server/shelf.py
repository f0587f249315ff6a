"""The runs of a server: the folders that hold a journal, and no path beyond them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from cohp.errors import CohpError, NoSuchRun
from cohp.recipe import Recipe
from cohp.record.claim import make
from cohp.record.folder import JOURNAL
from cohp.server.course import Course
from cohp.server.tail import Tail

RUN = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
IMAGE = re.compile(r"[0-9a-f]{24}\.png")
# Images of runs that are remembered, so that a list of runs need not read each journal again.
KEPT = 20_000


class Shelf:
    """Finds runs and their images by name."""

    def __init__(self, runs: Path) -> None:
        make(runs)
        self._runs = runs.resolve()
        # What was read, by the journal's time and size; whoever gets it only looks at it.
        self._known: dict[str, tuple[tuple[int, int], Course]] = {}
        self._lock = Lock()

    def new(self) -> tuple[str, Path]:
        """Return the name of a run to be begun, in the order of time, and its folder."""
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}"
        return name, self._runs / name

    def names(self, before: str | None = None) -> Iterator[str]:
        """Go through the names of the runs, the newest first, those older than `before`."""
        names = sorted((each.name for each in self._runs.iterdir()), reverse=True)
        return (each for each in names if (not before or each < before) and self._holds(each))

    def folder(self, run: str) -> Path:
        """Return the folder of a run, or say that there is none of that name."""
        if not self._holds(run):
            raise NoSuchRun(f"There is no run called {run[:100]!r}.")
        return self._runs / run

    def image(self, run: str, file: str) -> Path:
        """Return the file of an image, or say that there is none of that name."""
        path = self.folder(run) / "images" / file
        if not IMAGE.fullmatch(file) or not path.is_file() or path.is_symlink():
            raise NoSuchRun(f"The run {run!r} has no image called {file[:100]!r}.")
        return path

    def tail(self, run: str) -> Tail:
        """Return a reader of a run's journal."""
        return Tail(self.folder(run) / JOURNAL)

    def course(self, run: str) -> Course:
        """Read a run as far as it has come."""
        status = (self.folder(run) / JOURNAL).stat()
        key = (status.st_mtime_ns, status.st_size)
        with self._lock:
            known = self._known.pop(run, None)
            if known and known[0] == key:
                # The ones asked for last are kept longest.
                self._known[run] = known
                return known[1]
        course = Course(run)
        for line in self.tail(run).lines():
            course.feed(line)
        if course.recipe is None:
            raise NoSuchRun(f"There is no run called {run!r}.")
        self._keep(key, course)
        return course

    def _keep(self, key: tuple[int, int], course: Course) -> None:
        with self._lock:
            self._known[course.run] = (key, course)
            images = sum(len(each.entries) for _, each in self._known.values())
            while images > KEPT and len(self._known) > 1:
                _, gone = self._known.pop(next(iter(self._known)))
                images -= len(gone.entries)

    def recipe(self, run: str) -> Recipe:
        """Return what a run was last asked for."""
        recipe = self.course(run).recipe
        if recipe is None:
            raise NoSuchRun(f"There is no run called {run!r}.")
        return recipe

    def courses(self, before: str | None = None) -> Iterator[Course]:
        """Read the runs, the newest first; one that is damaged is passed over."""
        for name in self.names(before):
            try:
                yield self.course(name)
            except (CohpError, KeyError, TypeError, ValueError):
                continue

    def wanting(self) -> list[str]:
        """Return the runs that a server took on and did not end, the oldest first."""
        return [each.run for each in self.courses() if each.wanting][::-1]

    def _holds(self, run: str) -> bool:
        path = self._runs / run
        return (
            RUN.fullmatch(run) is not None and not path.is_symlink() and (path / JOURNAL).is_file()
        )
